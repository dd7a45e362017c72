import { once } from 'node:events';
import type { ContainerScript } from './job-runner.ts';

/** Plays the few shell commands that the conformance suite uses: `echo`, `printf`, `sleep`, `exit`. */
export const shellScript: ContainerScript = async ({ job, signal, log }) => {
  const command = job.spec?.template.spec?.containers[0]?.command?.at(-1) ?? '';
  for (const [, program = '', argument = ''] of command.matchAll(/(\w+)\s*("[^"]*"|[^;]*)/g)) {
    const text = argument.trim().replace(/^"|"$/g, '');
    if (program === 'echo' || program === 'printf') log(text);
    else if (program === 'exit') return { exitCode: Number(text) };
    else if (program === 'sleep') await once(signal, 'abort');
    else throw new Error(`the shell of the in-memory cluster does not know '${program}'`);
  }
  return { exitCode: 0 };
};
