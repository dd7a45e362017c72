// What `npm test` runs after set-up and build: every group of tests, one vitest each, then a look at what was left behind.
//   node test/run.mjs [--fast] [group …]      STOWAGE_KEEP=1 leaves the platform of the tests up.
// Plain JavaScript, like setup.mjs. The last line of stdout is `N passed, N failed`.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { groups, lastLine, summarize } from './groups.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const say = (text) => process.stdout.write(`${text}\n`);
const platformName = process.env.STOWAGE_TEST_PLATFORM ?? 'test';

const chosen = choose(process.argv.slice(2));
const reports = mkdtempSync(join(tmpdir(), 'stowage-test-report-'));
const summaries = [];
let interrupted;
let running;
process.on('SIGINT', () => {
  // A terminal sends it to the whole process group: vitest has it already.
  interrupted = 'SIGINT';
});
process.on('SIGTERM', () => {
  interrupted = 'SIGTERM';
  running?.kill('SIGTERM');
});

try {
  for (const group of chosen) {
    if (!interrupted) summaries.push(await runGroup(group));
  }
} finally {
  rmSync(reports, { recursive: true, force: true });
  if (chosen.some((group) => group.needsPlatform) && !process.env.STOWAGE_KEEP) summaries.push(...(await takeDown()));
}
if (interrupted) summaries.push({ passed: 0, failed: 1, skipped: 0 });
say(lastLine(summaries));
process.exitCode = interrupted
  ? 128 + constants.signals[interrupted]
  : summaries.some(({ failed }) => failed > 0)
    ? 1
    : 0;

function choose(args) {
  if (args.includes('--fast')) return groups.slice(0, 1);
  const unknown = args.filter((name) => !groups.some((group) => group.name === name));
  if (unknown.length === 0) return args.length > 0 ? groups.filter(({ name }) => args.includes(name)) : groups;
  console.error(
    `run: unknown group '${unknown[0]}': expected --fast or some of ${groups.map(({ name }) => name).join(', ')}`,
  );
  process.exit(2);
}

async function runGroup({ name, projects, needsPlatform }) {
  const started = Date.now();
  say(`tests: ${name} (${projects.join(', ')})`);
  const report = join(reports, `${name}.json`);
  const args = [
    ...[join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--passWithNoTests'],
    ...projects.flatMap((project) => ['--project', project]),
    ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
  ];
  // The groups share one platform: it goes down after the last of them.
  const exitCode = await run(args, needsPlatform ? { STOWAGE_KEEP: '1' } : {});
  const summary = summarize(readReport(report), exitCode);
  say(`tests: ${name}: ${lastLine([summary])} in ${((Date.now() - started) / 1000).toFixed(0)} s`);
  return summary;
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Takes the platform down; a platform that leaves something behind is a failed test. */
async function takeDown() {
  say('tests: taking the platform down');
  const compiled = process.env.STOWAGE_DIST ?? join(root, 'dist');
  const { slotOf } = await import(pathToFileURL(join(compiled, 'platform/layout/slots.js')).href);
  const { pathsOf, platformsRoot } = await import(pathToFileURL(join(compiled, 'platform/layout/paths.js')).href);
  // Names of interfaces follow from the slot, which is free again after the platform went down.
  const slot = await slotOf(pathsOf(platformName, platformsRoot()).directory);
  const exitCode = await run([join(compiled, 'platform/main.js'), 'down', '--name', platformName], {});
  const left =
    exitCode === 0
      ? await run([join(root, 'test/leftovers.mjs'), compiled, platformName, String(slot ?? '')], {})
      : exitCode;
  return [{ passed: left === 0 ? 1 : 0, failed: left === 0 ? 0 : 1, skipped: 0 }];
}

/** Runs a program of ours with node and passes its output through. */
function run(args, environment) {
  running = spawn(process.execPath, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...environment } });
  const child = running;
  return new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}
