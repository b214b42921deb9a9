/** A mistake of whoever starts or administers the server, to be told in one line on stderr. */
export class OperatorError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "OperatorError";
  }
}
