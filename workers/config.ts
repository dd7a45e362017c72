import { parseDocument } from 'yaml';
import { invalidFields } from '../api/invalid.ts';
import { type WorkerSettings, WorkerSettingsSchema } from './config-schema.ts';
import {
  type Environment,
  environmentSettings,
  nearestVariable,
  readVariable,
  unknownVariables,
} from './environment.ts';
import { WorkerRole, workerRoles } from './role.ts';

/** One thing that is wrong with the configuration, as one line for a person. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the configuration has ${problems.length} problem(s):\n${problems.map((line) => `  - ${line}`).join('\n')}`);
    this.problems = problems;
  }
}

/** The validated configuration of one worker process. Deeply frozen, without any secret. */
export type WorkerConfig = Readonly<WorkerSettings> & { readonly role: WorkerRole };

export interface ConfigSources {
  /** As typed: argv or STOWAGE_ROLE. */
  readonly role: string | undefined;
  readonly environment: Environment;
  /** The YAML file, where one was named. */
  readonly file?: { readonly path: string; readonly text: string };
}

type Tree = { [key: string]: unknown };

/**
 * Defaults, then the file, then the environment; what comes later wins.
 * @throws ConfigError with every problem at once: which field, where its value comes from, what to write.
 */
export function parseWorkerConfig({ role, environment, file }: ConfigSources): WorkerConfig {
  const problems: string[] = [];
  const knownRole = workerRoles.find((known) => known === role);
  if (!knownRole) problems.push(`role: '${role ?? ''}' is none: write one of ${workerRoles.join(', ')}`);
  for (const name of unknownVariables(environment)) {
    const nearest = nearestVariable(name);
    problems.push(`${name}: no such setting${nearest ? `: did you mean ${nearest}?` : ': remove it'}`);
  }

  const settings = file ? readFileSettings(file, problems) : {};
  const origin = new Map<string, string>();
  for (const { variable, path, kind } of environmentSettings) {
    const text = environment[variable];
    if (text === undefined) continue;
    // An empty variable is how YAML and compose write "not set".
    if (text === '') continue;
    setAt(settings, path.split('.'), readVariable(text, kind));
    origin.set(path, variable);
  }

  const parsed = WorkerSettingsSchema.safeParse(settings);
  if (!parsed.success) {
    const fields = invalidFields(parsed.error);
    for (const [index, issue] of parsed.error.issues.entries()) {
      const field = fields[index]?.field ?? 'settings';
      const value = getAt(settings, issue.path.map(String));
      const shown = issue.code !== 'unrecognized_keys' && isPlain(value) ? ` is '${String(value)}'` : '';
      const from = origin.get(field) ?? file?.path;
      problems.push(`${field}${from ? ` (from ${from})` : ''}${shown}: ${issue.message}`);
    }
  }
  if (parsed.success && knownRole) problems.push(...missingFor(knownRole, parsed.data));
  if (!parsed.success || !knownRole || problems.length > 0) throw new ConfigError(problems);
  return deepFreeze({ ...parsed.data, role: knownRole });
}

/** What the schema can't say, because it depends on the role or on another field. */
function missingFor(role: WorkerRole, { images, temporal }: WorkerSettings): string[] {
  const problems: string[] = [];
  if (role !== WorkerRole.Repository) {
    if (!images.kopia) problems.push("images.kopia (STOWAGE_KOPIA_IMAGE) is not set: name the movers' Kopia image");
    if (!images.stowage) problems.push('images.stowage (STOWAGE_IMAGE) is not set: name the image of this version');
  }
  if (!temporal.certFile !== !temporal.keyFile)
    problems.push('temporal.certFile and temporal.keyFile: one is set without the other: set both or neither');
  if (!temporal.tls && (temporal.certFile || temporal.caFile))
    problems.push('temporal.tls is false, but certificates are set: set STOWAGE_TEMPORAL_TLS=true or remove them');
  return problems;
}

function readFileSettings(file: { path: string; text: string }, problems: string[]): Tree {
  const document = parseDocument(file.text);
  const [error] = document.errors;
  if (error) {
    problems.push(`${file.path} is not YAML: ${error.message.split('\n')[0]}`);
    return {};
  }
  const value: unknown = document.toJS() ?? {};
  if (isTree(value)) return value;
  problems.push(`${file.path} must hold a mapping of settings, for example 'logLevel: debug'`);
  return {};
}

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

const isPlain = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value);

function setAt(tree: Tree, path: readonly string[], value: unknown): void {
  const [head, ...rest] = path;
  if (head === undefined) return;
  if (rest.length === 0) {
    tree[head] = value;
    return;
  }
  const next = tree[head];
  const child: Tree = isTree(next) ? next : {};
  tree[head] = child;
  setAt(child, rest, value);
}

function getAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((current, key) => (isTree(current) ? current[key] : undefined), value);
}

function deepFreeze<T extends object>(value: T): T {
  for (const child of Object.values(value)) if (typeof child === 'object' && child !== null) deepFreeze(child);
  return Object.freeze(value);
}
