// Owns how set_metadata adds to what is there: structures are merged field by field, lists grow, of the rest, and of two
// values of different kinds, the new one stays. Nothing is changed in place: both sides may belong to a configuration.

type Fields = Readonly<Record<string, unknown>>;

export function mergeFields(before: Fields, added: Fields): Fields {
  const merged: Record<string, unknown> = { ...before };
  for (const [key, value] of Object.entries(added)) {
    const existing = Object.hasOwn(before, key) ? before[key] : undefined;
    const result = isFields(existing) && isFields(value) ? mergeFields(existing, value) : appended(existing, value);
    // Unlike an assignment this also takes `__proto__` for a name like any other.
    Object.defineProperty(merged, key, { value: result, enumerable: true, writable: true, configurable: true });
  }
  return merged;
}

function appended(existing: unknown, value: unknown): unknown {
  return Array.isArray(existing) && Array.isArray(value) ? [...existing, ...value] : value;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
