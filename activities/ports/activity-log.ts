/** Structured log of the worker; pino's own shape. */
export interface ActivityLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}
