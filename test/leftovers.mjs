// Looks whether a platform left anything on this machine: process, mount, loop device, interface, cgroup, file.
//   node test/leftovers.mjs <folder of the compiled project> <platform's name> [<its slot>]
// Exit code 1 with a line for each thing that was left.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [compiled, name, slot] = process.argv.slice(2);
const load = (file) => import(pathToFileURL(join(compiled, 'platform', file)).href);
const { pathsOf, platformsRoot } = await load('layout/paths.js');
const { networkOf } = await load('layout/network.js');
const { findLeftovers } = await load('down/leftovers.js');
const { directory } = pathsOf(name, platformsRoot());

const network = slot ? networkOf(Number(slot)) : undefined;
const left = new Set(await findLeftovers(name, pathsOf(name, platformsRoot()), network));
// Independent of the platform's own eyes: anything that runs from its folder or is mounted below it.
for (const mount of readFileSync('/proc/self/mounts', 'utf8').split('\n')) {
  const target = mount.split(' ')[1] ?? '';
  if (target.startsWith(`${directory}/`)) left.add(`mount ${target}`);
}
for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)) {
  const line = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
  if (line.includes(`${directory}/`)) left.add(`process ${pid} (${line.slice(0, 100)})`);
}
for (const one of left) console.log(`left behind by platform ${name}: ${one}`);
process.exitCode = left.size > 0 ? 1 : 0;

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
