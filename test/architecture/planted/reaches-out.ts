// Planted: a workflow that reaches the machine through another file. The architecture test expects the bundler to refuse it.
import { machineName } from './machine-name.ts';

export async function reachesOut(): Promise<string> {
  return machineName();
}
