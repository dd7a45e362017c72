import { performance } from 'node:perf_hooks';
import pc from 'picocolors';

/** Tells the demo as a story: a line for each phase, with its time when it is done. */
export interface Story {
  chapter(title: string): void;
  /** Runs one phase; `tell` turns its result into the end of the line. */
  phase<T>(title: string, work: () => Promise<T>, tell?: (result: T) => string): Promise<T>;
  line(text: string): void;
}

/** Writes to standard output; a phase that fails leaves its line with `failed` and rethrows. */
export function createStory(write: (text: string) => void = (text) => process.stdout.write(text)): Story {
  return {
    chapter: (title) => write(`\n${pc.bold(title)}\n`),
    line: (text) => write(`    ${text}\n`),
    async phase(title, work, tell) {
      const started = performance.now();
      const seconds = (): string => `${((performance.now() - started) / 1000).toFixed(1)} s`.padStart(8);
      try {
        const result = await work();
        const end = tell?.(result);
        write(`  ${pc.green('✓')} ${seconds()}  ${title}${end ? `: ${end}` : ''}\n`);
        return result;
      } catch (error) {
        write(`  ${pc.red('✗')} ${seconds()}  ${title}: failed\n`);
        throw error;
      }
    },
  };
}
