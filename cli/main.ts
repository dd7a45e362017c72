#!/usr/bin/env node
import { text } from 'node:stream/consumers';
import { openCluster } from './cluster.ts';
import { runCli } from './program.ts';

const stream = (target: NodeJS.WriteStream) => ({
  isTTY: target.isTTY === true,
  ...(target.columns && { columns: target.columns }),
  write: (line: string) => void target.write(line),
});

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
  openCluster: ({ kubeContext }) => openCluster(kubeContext),
});
