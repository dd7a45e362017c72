import { z } from 'zod';

const tier = z.number().int().min(0).max(100_000);

/**
 * How many snapshots each tier keeps. Every tier is always set, so that Kopia's own defaults (latest 10, hourly 48,
 * daily 7, weekly 4, monthly 24, annual 3) never add to what was declared.
 */
export const RetentionSchema = z
  .strictObject({
    latest: tier.default(0),
    hourly: tier.default(24),
    daily: tier.default(7),
    weekly: tier.default(0),
    monthly: tier.default(0),
    yearly: tier.default(0),
  })
  .refine((r) => r.latest + r.hourly + r.daily + r.weekly + r.monthly + r.yearly > 0, {
    message: 'every tier is 0, which would remove each snapshot as soon as it is made: keep at least one',
  });

export type Retention = z.infer<typeof RetentionSchema>;
