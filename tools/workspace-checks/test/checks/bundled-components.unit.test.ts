import { describe, expect, it } from "vitest";
import { withBundled } from "../../src/release/bundled-components.mjs";

const component = (purl: string) => ({ purl, "bom-ref": purl });
const APP = "pkg:npm/app@1.0.0";

function bom(...purls: string[]) {
  return {
    metadata: { component: component(APP) },
    components: purls.map(component),
    dependencies: [{ ref: APP, dependsOn: purls }],
  };
}

describe("the bill of materials of a bundle", () => {
  it("has the packages that the notices name, with those that are installed", () => {
    const notices = "@x/b 2.0.0, MIT\n\nCopyright 2020, the authors of b 1\n----\n\na 1.0.0, ISC\n\n";
    const everything = bom("pkg:npm/a@1.0.0", "pkg:npm/%40x/b@2.0.0", "pkg:npm/a-test-tool@1.0.0");
    const { components, dependencies } = withBundled(bom("pkg:npm/a@1.0.0"), everything, notices);
    expect(components.map(({ purl }) => purl)).toEqual(["pkg:npm/a@1.0.0", "pkg:npm/%40x/b@2.0.0"]);
    expect(dependencies).toEqual([
      { ref: APP, dependsOn: ["pkg:npm/a@1.0.0", "pkg:npm/%40x/b@2.0.0"] },
      { ref: "pkg:npm/%40x/b@2.0.0", dependsOn: [] },
    ]);
  });

  it("is not written where something is missing", () => {
    expect(() => withBundled(bom(), bom(), "a 1.0.0, MIT\n")).toThrow("pkg:npm/a@1.0.0, which is not installed");
    expect(() => withBundled(bom(), bom(), "")).toThrow("build the package first");
  });
});
