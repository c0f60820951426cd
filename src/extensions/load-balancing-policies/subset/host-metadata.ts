// Owns what a host's metadata say about subsets: which ones of a selector it is in, and whether it is in the default one.
import { type Host, loadBalancingMetadata, type MetadataCriterion, metadataValueText } from '../../../upstream/api.ts';

/** One list of criteria for each subset that the host is in by these keys; none where it lacks one of them. */
export function subsetsOfHost(host: Host, keys: readonly string[], listAsAny: boolean): MetadataCriterion[][] {
  const fields = host.metadata[loadBalancingMetadata];
  if (fields === undefined || keys.length === 0) return [];
  let subsets: MetadataCriterion[][] = [];
  for (const name of keys) {
    const value = fields[name];
    if (value === undefined) return [];
    const values: readonly unknown[] = listAsAny && Array.isArray(value) ? value : [value];
    // As in Envoy an empty list in the first keys leaves the host to the keys behind it.
    const before = subsets.length === 0 ? [[]] : subsets;
    subsets = before.flatMap((criteria) => values.map((one) => [...criteria, { name, value: one }]));
  }
  return subsets;
}

/** It has all of these fields with these values. */
export function hostHas(host: Host, wanted: Readonly<Record<string, unknown>>, listAsAny: boolean): boolean {
  const fields = host.metadata[loadBalancingMetadata] ?? {};
  return Object.entries(wanted).every(([name, value]) => {
    const own = fields[name];
    if (own === undefined) return false;
    const text = metadataValueText(value);
    if (listAsAny && Array.isArray(own)) return own.some((one) => metadataValueText(one) === text);
    return metadataValueText(own) === text;
  });
}
