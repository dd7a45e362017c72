import { z } from 'zod';
import { NOT_HONOURED } from './values.ts';

/** A node of Kubernetes' structural OpenAPI schema. */
export interface StructuralSchema {
  readonly type?: string;
  readonly description?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly additionalProperties?: StructuralSchema;
  readonly items?: StructuralSchema;
  readonly required?: readonly string[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message: string }[];
}

/** What Kubernetes refuses in a structural schema, or what says nothing there. */
const STRIPPED = ['propertyNames', 'readOnly', NOT_HONOURED];

/** Where required fields stay: a status is written by programs, a spec by people. */
export type Required = 'KeepRequired' | 'NothingRequired';

/**
 * A zod schema as Kubernetes takes it (pure). With `NothingRequired` an object that lacks fields is admitted, as by
 * VolSync's CRDs, and its condition says what it lacks.
 */
export function buildStructuralSchema(schema: z.ZodType, required: Required): StructuralSchema {
  const { $schema: _, ...root } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => makeStructural(jsonSchema as Record<string, unknown>, required),
  });
  return root as StructuralSchema;
}

function makeStructural(node: Record<string, unknown>, required: Required): void {
  for (const name of STRIPPED) delete node[name];
  if (required === 'NothingRequired') delete node.required;
  // Either properties or additionalProperties; an open object needs neither.
  if (node.properties !== undefined || node['x-kubernetes-preserve-unknown-fields'] === true)
    delete node.additionalProperties;
  if (node['x-kubernetes-int-or-string'] === true) for (const name of ['type', 'anyOf']) delete node[name];
  if (node.type === 'integer') {
    // The format says as much.
    node.format ??= 'int64';
    delete node.minimum;
    delete node.maximum;
  }
  if (node.format === 'date-time') delete node.pattern;
}
