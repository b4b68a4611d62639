/** Why and where a value cannot cross; becomes an ERR_NOT_SERIALIZABLE at the top. */
export class Refusal {
  path = '';
  constructor(
    readonly reason: string,
    readonly cause?: unknown,
  ) {}
}
