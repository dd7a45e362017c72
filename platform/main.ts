#!/usr/bin/env node
import { once } from 'node:events';
import { Command } from 'commander';
import { errorText, PlatformError } from './errors.ts';
import { downPlatform, readPlatform, upPlatform } from './platform.ts';
import { renderPlatform, renderStatus, renderStatusList } from './render.ts';
import { listPlatforms, readStatus } from './status.ts';
import { stderrLog } from './toolchain/progress.ts';
import { runControlOnHost } from './worker/host.ts';
import { deployWorker } from './worker.ts';

type Options = { name: string; json?: boolean; context?: string; worker?: boolean; keep?: boolean };

/** The result goes to stdout, as JSON or as text; progress goes to stderr. */
function print(options: { json?: boolean }, value: unknown, text: string): void {
  const shown = options.json ? JSON.stringify(value, null, 2) : text;
  if (shown) console.log(shown);
}

async function up(options: Options): Promise<void> {
  if (options.context !== undefined) {
    // Loaded only here: the Kubernetes client costs every other command half a second.
    const { checkContext, renderContextReport } = await import('./context/check.ts');
    const report = await checkContext(options.context);
    print(options, report, renderContextReport(report));
    if (!report.usable) process.exitCode = 1;
    return;
  }
  const platform = await upPlatform({ name: options.name });
  if (options.worker) await deployWorker(platform);
  print(options, platform, renderPlatform(platform));
}

async function status(options: Options): Promise<void> {
  const found = await readStatus(options.name);
  const platform = found.state === 'absent' ? undefined : await readPlatform(options.name).catch(() => undefined);
  print(options, { ...found, platform }, renderStatus(found, platform));
  if (found.state !== 'up') process.exitCode = 1;
}

const program = new Command('platform')
  .description('A real one-node Kubernetes with CSI snapshots, and a Temporal server, on this machine alone.')
  .addHelpText(
    'after',
    '\nExamples:\n  npm run platform -- up\n  npm run platform -- status --name demo\n  npm run platform -- up --context my-cluster\n  npm run platform -- down --keep',
  );

const withName = (command: Command): Command =>
  command.option('--name <name>', 'which platform: several stand side by side', 'dev').option('--json', 'print JSON');

withName(program.command('up'))
  .description('bring the platform up, or find what runs and start what died')
  .option('--worker', "start Stowage's worker on it too")
  .option('--context <name>', 'check a cluster of your kubeconfig for use instead; nothing is started or changed')
  .action(up);
withName(program.command('down'))
  .description('take the platform down and remove its data; leaves no process, mount, interface or cgroup')
  .option('--keep', "keep the data, so that 'up' comes back with it")
  .action(async (options: Options) => {
    await downPlatform(options.name, { keep: options.keep ?? false });
    print(options, { name: options.name, down: true, kept: options.keep ?? false }, '');
  });
withName(program.command('status'))
  .description('show each component; exit code 1 unless everything runs')
  .action(status);
withName(program.command('control'))
  .description("run the control worker of this checkout's build on this machine, in place of its pod, until Ctrl-C")
  .action(async (options: Options) => {
    const platform = await readPlatform(options.name);
    const { image } = await deployWorker(platform);
    const worker = await runControlOnHost(platform, image);
    stderrLog(`platform: control runs here as process ${worker.pid}; ${worker.url}/readyz, ${worker.url}/metrics`);
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), worker.ended]);
    await worker.stop();
  });
program
  .command('list')
  .description('list the platforms of this machine')
  .option('--json', 'print JSON')
  .action(async (options: { json?: boolean }) => {
    const found = await listPlatforms();
    print(options, found, renderStatusList(found));
  });

try {
  await program.parseAsync();
} catch (error) {
  stderrLog(`platform: ${errorText(error)}`);
  if (!(error instanceof PlatformError) && error instanceof Error) stderrLog(error.stack ?? '');
  process.exitCode = 1;
}
