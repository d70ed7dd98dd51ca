/** Where the driver reports to; a pino logger fits in with one line. */
export type Log = (level: "debug" | "info" | "warn" | "error", message: string, details?: object) => void;
