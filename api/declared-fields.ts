/** What the readers of both declared kinds share about single fields. */

/** A field that is read and deliberately not acted on; shown to people, never dropped in silence. */
export interface UnsupportedField {
  readonly field: string;
  readonly message: string;
}

export type Fields = Readonly<Record<string, unknown>>;

/** The value as fields; empty when it is something else. */
export const asFields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};

/** Without fields that are absent, null or empty text: a variable that was left empty counts as left out, as in VolSync. */
export const present = (fields: Fields): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null && value !== ''),
  );

/** YAML reads `capacity: 1073741824` as a number; Kubernetes takes both. */
export const asText = (value: unknown): unknown => (typeof value === 'number' ? String(value) : value);

/** Fields of a PodSecurityContext that movers take over. */
const SECURITY_CONTEXT_FIELDS = new Set([
  'runAsUser',
  'runAsGroup',
  'fsGroup',
  'runAsNonRoot',
  'supplementalGroups',
  'fsGroupChangePolicy',
  'seccompProfile',
]);

/** `moverSecurityContext` with the fields that movers take over. */
export function keptSecurityContext(context: unknown): unknown {
  if (typeof context !== 'object' || context === null || Array.isArray(context)) return context ?? undefined;
  return Object.fromEntries(
    Object.entries(present(context as Fields)).filter(([name]) => SECURITY_CONTEXT_FIELDS.has(name)),
  );
}

/** Every field of `spec.kopia` that has no effect, by its path: what is neither `handled` nor named, too. */
export function unsupportedFields(
  kopia: Fields,
  handled: ReadonlySet<string>,
  messages: Readonly<Record<string, string>>,
): UnsupportedField[] {
  const found = Object.keys(present(kopia))
    .filter((name) => !handled.has(name))
    .map((name) => ({
      field: `spec.kopia.${name}`,
      message: messages[name] ?? "is not a field of VolSync's Kopia mover and has no effect",
    }));
  const context = Object.keys(asFields(kopia.moverSecurityContext))
    .filter((name) => !SECURITY_CONTEXT_FIELDS.has(name))
    .map((name) => ({ field: `spec.kopia.moverSecurityContext.${name}`, message: 'is not set on the mover' }));
  return [...found, ...context];
}

/** The manifest's path of a request field: `renamed`, or `spec.kopia` with the request's own path. */
export function manifestPath(requestPath: string, renamed: Readonly<Record<string, string>>): string {
  const known = Object.entries(renamed).find(
    ([from]) => requestPath === from || requestPath.startsWith(`${from}[`) || requestPath.startsWith(`${from}.`),
  );
  return known ? known[1] + requestPath.slice(known[0].length) : `spec.kopia.${requestPath}`;
}
