import { deterministic, type PolicyLayer, pure } from '@colony/core';

/** Policies by name, for `--policy`. */
export const presets: Readonly<Record<string, PolicyLayer | undefined>> = Object.assign(Object.create(null), {
  pure,
  deterministic,
});
