import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { type DeclaredSource, readReplicationSource, type SourceReadingOptions } from '../api/replication-source.ts';
import { UsageError } from './errors.ts';

/** What files declare. */
export interface ReadManifests {
  readonly sources: readonly DeclaredSource[];
  /** One line each: file, object, field, what to write instead. Nothing may be planned while there is one. */
  readonly problems: readonly string[];
  /** Fields without effect, one line each. */
  readonly remarks: readonly string[];
  /** Objects of other kinds and other movers. */
  readonly notOurs: number;
}

const MANIFEST_NAME = /\.(ya?ml|json)$/;

/** Reads files, folders (with those below) and `-` for standard input. Throws UsageError for what can't be read at all. */
export async function readManifests(
  paths: readonly string[],
  options: SourceReadingOptions,
  readStdin: () => Promise<string>,
): Promise<ReadManifests> {
  const texts = await Promise.all(
    paths.map(async (path) => (path === '-' ? [{ file: '(stdin)', text: await readStdin() }] : await readTexts(path))),
  );
  return parseManifests(texts.flat(), options);
}

interface Text {
  readonly file: string;
  readonly text: string;
}

/** The sources in texts of YAML documents, `List` objects opened (pure). */
export function parseManifests(texts: readonly Text[], options: SourceReadingOptions): ReadManifests {
  const sources: DeclaredSource[] = [];
  const problems: string[] = [];
  const remarks: string[] = [];
  const declaredIn = new Map<string, string>();
  let notOurs = 0;
  for (const { file, object } of texts.flatMap((text) => objectsOf(text, problems))) {
    const reading = readReplicationSource(object, options);
    if (reading.kind === 'NotOurs') {
      notOurs++;
    } else if (reading.kind === 'Invalid') {
      problems.push(...reading.problems.map(({ field, message }) => `${file}: ${reading.name}: ${field}: ${message}`));
    } else {
      const { source } = reading;
      const label = `${source.namespace}/${source.name}`;
      const elsewhere = declaredIn.get(label);
      if (elsewhere) problems.push(`${file}: ${label}: metadata.name: is declared in ${elsewhere} too`);
      declaredIn.set(label, file);
      sources.push(source);
      remarks.push(...source.unsupported.map(({ field, message }) => `${file}: ${label}: ${field}: ${message}`));
    }
  }
  return { sources, problems, remarks, notOurs };
}

function objectsOf({ file, text }: Text, problems: string[]): { file: string; object: unknown }[] {
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => {
    const [error] = document.errors;
    if (error) {
      problems.push(`${file}: is not YAML: ${error.message.split('\n')[0] ?? ''}`);
      return [];
    }
    const object: unknown = document.toJS();
    if (object === null || object === undefined) return [];
    const items =
      (object as { kind?: unknown; items?: unknown }).kind === 'List' && (object as { items?: unknown }).items;
    return (Array.isArray(items) ? items : [object]).map((item: unknown) => ({ file, object: item }));
  });
}

async function readTexts(path: string): Promise<Text[]> {
  try {
    if ((await stat(path)).isDirectory()) {
      const names = (await readdir(path, { recursive: true })).filter((name) => MANIFEST_NAME.test(name)).sort();
      return await Promise.all(names.map((name) => readText(join(path, name))));
    }
    return [await readText(path)];
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new UsageError(
      `--file: '${path}' can't be read (${code})`,
      'Name a file, a folder, or - for standard input.',
    );
  }
}

const readText = async (file: string): Promise<Text> => ({ file, text: await readFile(file, 'utf8') });
