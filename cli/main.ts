#!/usr/bin/env node
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { runCli } from './program.ts';

const stream = (target: NodeJS.WriteStream) => ({
  isTTY: target.isTTY === true,
  ...(target.columns && { columns: target.columns }),
  write: (line: string) => void target.write(line),
});

// `stowage … | head` closes the pipe early, which is no mistake.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  stdout: stream(process.stdout),
  stderr: stream(process.stderr),
  now: () => new Date(),
  readStdin: () => text(process.stdin),
  onInterrupt(handler) {
    // Once: a second Ctrl-C ends the process the usual way.
    process.once('SIGINT', handler);
    return () => process.removeListener('SIGINT', handler);
  },
  ...(process.stdin.isTTY && process.stderr.isTTY && { confirm }),
  // Loaded when it is needed: the Kubernetes client alone takes as long to load as all the rest.
  openCluster: async ({ kubeContext }) => (await import('./cluster.ts')).openCluster(kubeContext),
});
