#!/usr/bin/env node
// Build step: `node dist/workers/bundle-workflows.js` after the compiler, before an image is made.
import { stderr } from 'node:process';
import { DefaultLogger } from '@temporalio/worker';
import { programRoot, writeWorkflowBundle } from './workflow-bundle.ts';

const path = await writeWorkflowBundle(programRoot(), new DefaultLogger('WARN'));
stderr.write(`bundle-workflows: ${path}\n`);
