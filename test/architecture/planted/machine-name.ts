import { hostname } from 'node:os';

export const machineName = (): string => hostname();
