// What subscriptions to secrets are made of, for xds/: it sees the messages only through these functions.
export type { SecretKind, SecretListener, SecretProvider, SecretReference } from './api.ts';
export { checkValue, emptySecret, filesOf, openSecret, withFilesRead, withValue } from './files-config.ts';
export type { SecretSubscriber } from './manager.ts';
export { WatchedFiles } from './watched-files.ts';
