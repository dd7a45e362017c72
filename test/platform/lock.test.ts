import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { withLock } from '../../platform/host/lock.ts';

test('work under one name never overlaps, under two names it does not wait', async () => {
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setTimeout(resolve, 10));
    inside -= 1;
  };
  const name = `test-${process.pid}`;
  await Promise.all(Array.from({ length: 8 }, () => withLock(name, work)));
  expect(most).toBe(1);
  await withLock(name, () => withLock(`${name}-other`, work));
});

test('the lock is free again after an error', async () => {
  const name = `test-error-${process.pid}`;
  await expect(withLock(name, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await withLock(name, () => Promise.resolve(1))).toBe(1);
});

test('a holder that is killed lets the next one in at once', async () => {
  const name = `test-killed-${process.pid}`;
  const { createHash } = await import('node:crypto');
  const address = `stowage-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
  const script = `require('net').createServer((s)=>s.write('holder')).listen('\\0'+process.argv[1],()=>console.log('held'))`;
  const holder = spawn(process.execPath, ['-e', script, address], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  let told = '';
  const got = withLock(
    name,
    () => Promise.resolve('mine'),
    (pid) => {
      told = pid;
      holder.kill('SIGKILL');
    },
  );
  expect(await got).toBe('mine');
  expect(told).toBe('holder');
});
