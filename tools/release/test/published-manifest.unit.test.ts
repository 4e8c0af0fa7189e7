import { expect, it } from "vitest";
import { publishedManifest } from "../src/published-manifest.mjs";

const manifest = {
  name: "@agent-assembly/x",
  version: "0.3.0",
  scripts: { build: "tsc", prepack: "check" },
  dependencies: { yaml: "^2.0.0" },
  devDependencies: { vitest: "^4.0.0" },
  peerDependencies: { "@agent-assembly/y": ">=0.0.0 <1", "@aws-sdk/client-s3": "^3.0.0" },
};
const folder = "/repo/packages/x";

it("has nothing that only contributors use, and the peers it was tested with", () => {
  expect(publishedManifest(manifest, folder, { root: "/repo" })).toEqual({
    name: "@agent-assembly/x",
    version: "0.3.0",
    dependencies: { yaml: "^2.0.0" },
    peerDependencies: { "@agent-assembly/y": "^0.3.0", "@aws-sdk/client-s3": "^3.0.0" },
  });
});

it("has the address of the repository where CI tells it", () => {
  const where = { root: "/repo", repository: "acme/storage", server: "https://git.example" };
  expect(publishedManifest(manifest, folder, where)).toMatchObject({
    homepage: "https://git.example/acme/storage/tree/main/packages/x#readme",
    bugs: "https://git.example/acme/storage/issues",
    repository: { type: "git", url: "git+https://git.example/acme/storage.git", directory: "packages/x" },
  });
});

it("keeps the scripts of an installation", () => {
  const scripts = { build: "tsc", postinstall: "node setup.js" };
  expect(publishedManifest({ ...manifest, scripts }, folder, { root: "/repo" }).scripts).toEqual({
    postinstall: "node setup.js",
  });
});
