#!/usr/bin/env node
// `npm run bench`: prints a table on stdout and writes JSON. An aim that is missed is a result; a run that fails is a failure.
import { writeFile } from 'node:fs/promises';
import { errorText } from '../platform/errors.ts';
import { downPlatform } from '../platform/platform.ts';
import { measureBulk } from './bulk.ts';
import { measureDeclared } from './declared.ts';
import { measureMany } from './many.ts';
import { measureMemory } from './memory.ts';
import { type BenchOptions, type Group, parseOptions } from './options.ts';
import { describeMachine, type Machine, type Report, summarize } from './report.ts';
import { type Row, toRow } from './rows.ts';
import { openStage, type Stage } from './stage.ts';
import { renderTable } from './table.ts';
import { measureUnchanged, type Outcome } from './unchanged.ts';

const log = (line: string): void => void process.stderr.write(`bench: ${line}\n`);

async function measure(stage: Stage, group: Group, options: BenchOptions): Promise<Outcome> {
  switch (group) {
    case 'unchanged':
      return await measureUnchanged(stage, options.repeat);
    case 'bulk':
      return await measureBulk(stage, options.repeat, options.bulkMiB);
    case 'many':
      return await measureMany(stage, options.repeat, options.volumes);
    case 'declared':
      return await measureDeclared(stage, options.declared);
    case 'memory':
      return await measureMemory(stage);
  }
}

async function bench(options: BenchOptions): Promise<void> {
  const started = new Date();
  const machine = await describeMachine();
  if (machine.loadBefore > 0.5) log(`the machine is not quiet (load ${machine.loadBefore}): CPU seconds will be off`);
  try {
    const rows: Row[] = [];
    const details: Record<string, unknown> = {};
    const stage = await openStage(options.name, log);
    try {
      for (const group of options.only) {
        const outcome = await measure(stage, group, options);
        rows.push(...outcome.measurements.map(toRow));
        if (outcome.details !== undefined) details[group] = outcome.details;
      }
    } finally {
      await stage.close();
    }
    // Before the platform goes: what was measured must not be lost when something cannot be taken down.
    await publish(options, { started, machine, rows, details });
  } finally {
    if (options.keep) log(`platform ${options.name} is left up: npm run platform -- down --name ${options.name}`);
    else await downPlatform(options.name, { log });
  }
}

interface Results {
  readonly started: Date;
  readonly machine: Machine;
  readonly rows: readonly Row[];
  readonly details: Readonly<Record<string, unknown>>;
}

async function publish(options: BenchOptions, { started, machine, rows, details }: Results): Promise<void> {
  const { repeat, quick, only, bulkMiB, volumes, declared, json } = options;
  const report: Report = {
    startedAt: started.toISOString(),
    seconds: Math.round((Date.now() - started.getTime()) / 1000),
    machine,
    options: { repeat, quick, only, bulkMiB, volumes, declared },
    rows,
    details,
  };
  await writeFile(json, `${JSON.stringify(report, null, 2)}\n`);
  const head = [
    `${machine.cores} cores (${machine.processor})`,
    `${machine.memoryGiB} GiB`,
    `Linux ${machine.kernel}`,
    started.toISOString().slice(0, 10),
    `${repeat} samples a row`,
    ...(quick ? ['QUICK: no figures to quote'] : []),
  ];
  process.stdout.write(`${head.join(', ')}\n${renderTable(rows)}\n${summarize(rows)}; details in ${json}\n`);
}

bench(parseOptions(process.argv.slice(2))).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`bench: failed: ${causesOf(error).join('\n  because: ')}\n`);
    process.exit(1);
  },
);

/** A run's own failure is the last cause of what the Temporal client throws. */
function causesOf(error: unknown): string[] {
  const cause = error instanceof Error ? error.cause : undefined;
  return [errorText(error), ...(cause === undefined ? [] : causesOf(cause))];
}
