// Gives `@peculiar/x509` the part of `reflect-metadata` that it asks for and does not use. To be imported before it.
const unused = {
  getMetadata: (): undefined => undefined,
  getOwnMetadata: (): undefined => undefined,
  hasOwnMetadata: (): boolean => false,
  defineMetadata: (): void => {},
};
for (const [name, method] of Object.entries(unused)) {
  if (!(name in Reflect)) Object.defineProperty(Reflect, name, { value: method });
}
