#!/usr/bin/env node
// Build step: `node dist/workers/bundle-workflows.js` after the compiler, before an image is made.
import { stderr } from 'node:process';
import { DefaultLogger } from '@temporalio/worker';
import { ensureWorkflowBundle, programRoot } from './workflow-bundle.ts';

const path = await ensureWorkflowBundle(programRoot(), new DefaultLogger('WARN'));
stderr.write(`bundle-workflows: ${path}\n`);
