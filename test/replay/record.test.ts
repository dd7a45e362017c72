import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { expect, it } from 'vitest';
import { createHarness } from '../workflows/harness.ts';
import { scenarios } from './scenarios.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The release that the histories belong to; recorded once per release, never edited. */
const RELEASE = '0.1.0';

// Run with STOWAGE_RECORD_HISTORIES=1 at a release; otherwise it records nothing.
it.runIf(process.env.STOWAGE_RECORD_HISTORIES)('records one history per scenario', { timeout: 120_000 }, async () => {
  const harness = await createHarness();
  try {
    for (const { name, workflow, input, change } of scenarios) {
      const { handle, events } = await harness.start(workflow, input, change);
      expect(events).toBeGreaterThan(3);
      const path = fileURLToPath(new URL(`histories/${workflow}/${RELEASE}-${name}.json`, import.meta.url));
      // Stack traces name this machine's folders, and workers name themselves after their host.
      const text = historyToJSON(await handle.fetchHistory())
        .replaceAll(ROOT, '/stowage/')
        .replaceAll(/"identity":\s*"[^"]*"/g, '"identity": "recorder"');
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, `${text}\n`);
    }
  } finally {
    await harness.close();
  }
});
