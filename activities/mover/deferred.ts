/** A promise that others settle; Node 20 has no `Promise.withResolvers` yet. */
export class Deferred<T> {
  readonly promise: Promise<T>;
  resolve!: (value: T) => void;
  reject!: (reason: unknown) => void;

  constructor() {
    this.promise = new Promise<T>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Whoever awaits it sees the rejection; nobody else has to.
    this.promise.catch(() => undefined);
  }
}
