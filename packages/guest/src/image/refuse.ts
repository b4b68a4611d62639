import { ColonyError } from '@colony/core';

/** @throws ColonyError ERR_BAD_OPTION */
export function refuse(what: string): never {
  throw new ColonyError('ERR_BAD_OPTION', `not a virtine image: ${what}`);
}
