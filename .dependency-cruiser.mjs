// For `scripts/with-node depcruise` and editors; the rules, with their types, are in test/architecture/rules.ts.
import { rules } from './test/architecture/rules.ts';

export default rules;
