import { type CronSchedule, parseCron } from './cron-schedule.ts';
import { asAmounts, asFields, present } from './declared-fields.ts';
import { type DrillCheckInput, drillCheck } from './drill-check.ts';
import { type InvalidField, invalidFields } from './invalid.ts';

/** `spec.drills` of a KopiaRepository. */
export interface DeclaredDrills {
  readonly paused: boolean;
  /** Left out: once a month, each source at a time of its own. */
  readonly cron?: CronSchedule;
  /** Run on what every drill of the repository restored. */
  readonly check?: DrillCheckInput;
}

export interface DrillsReading {
  readonly drills: DeclaredDrills;
  readonly problems: readonly InvalidField[];
}

/** Reads `spec.drills` (pure); every problem names its field. */
export function readDeclaredDrills(value: unknown): DrillsReading {
  const fields = asFields(value);
  const { schedule } = fields;
  const problems: InvalidField[] = [];
  const reading = typeof schedule === 'string' && schedule !== '' ? parseCron(schedule) : undefined;
  if (reading && !reading.ok) {
    problems.push(...reading.problems.map((message) => ({ field: 'spec.drills.schedule', message })));
  }
  const given = asFields(fields.check);
  // An empty text is a variable that was left empty: nothing is declared then.
  const wanted = present({
    image: given.image || undefined,
    command: given.command,
    args: given.args,
    mountPath: given.mountPath || undefined,
    timeoutSeconds: given.timeoutSeconds,
    resources: asAmounts(given.resources),
  });
  const parsed = Object.keys(wanted).length > 0 ? drillCheck.safeParse(wanted, { reportInput: true }) : undefined;
  if (parsed && !parsed.success) {
    const inCheck = ({ field, message }: InvalidField) => ({ field: `spec.drills.check.${field}`, message });
    problems.push(...invalidFields(parsed.error).map(inCheck));
  }
  return {
    drills: {
      paused: fields.paused === true,
      ...(reading?.ok ? { cron: reading.cron } : {}),
      ...(parsed?.success ? { check: wanted as DrillCheckInput } : {}),
    },
    problems,
  };
}
