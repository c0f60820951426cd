// Owns the numbers that stand for HTTP filters' names: routes say by name what is special for a filter, and a request asks
// its route about every filter. Names come from configuration; a number once given stays, for routes and connection
// managers are made at different times.

declare const brand: unique symbol;
export type FilterKey = number & { readonly [brand]: true };

const keys = new Map<string, FilterKey>();

export function filterKey(name: string): FilterKey {
  let key = keys.get(name);
  if (key === undefined) {
    key = keys.size as FilterKey;
    keys.set(name, key);
  }
  return key;
}
