import { describe, expect, it } from "vitest";
import { debianMirrors, parseDeb822, parseOneLine } from "../src/debian/apt-sources.js";

const DEB822 = `# a comment
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://source.example/debian
Suites: bookworm
Components: main
`;

describe("apt sources", () => {
  it("reads deb822 files", () => {
    expect(parseDeb822(DEB822)).toEqual([
      {
        uri: "http://mirror.example/debian",
        suites: ["bookworm", "bookworm-updates"],
        components: ["main", "contrib"],
        signedBy: "/usr/share/keyrings/debian-archive-keyring.gpg",
      },
      { uri: "http://mirror.example/debian-security", suites: ["bookworm-security"], components: ["main"] },
    ]);
  });

  it("reads one-line files", () => {
    const text = [
      "# deb http://off.example/debian bookworm main",
      "deb [arch=amd64 signed-by=/k.gpg] http://a.example/debian/ bookworm main contrib # why",
      "deb-src http://b.example/debian bookworm main",
      "deb http://c.example/apt stable main",
    ].join("\n");
    expect(parseOneLine(text)).toEqual([
      { uri: "http://a.example/debian/", suites: ["bookworm"], components: ["main", "contrib"], signedBy: "/k.gpg" },
      { uri: "http://c.example/apt", suites: ["stable"], components: ["main"] },
    ]);
  });

  it("takes Debian's own mirrors, those with its keyring first", () => {
    const sources = [
      ...parseOneLine("deb http://third.example/apt bookworm main\ndeb http://plain.example/debian bookworm main"),
      ...parseDeb822(DEB822),
    ];
    expect(debianMirrors(sources)).toEqual(["http://mirror.example/debian", "http://plain.example/debian"]);
  });

  it("finds none among the sources of other systems", () => {
    expect(debianMirrors(parseOneLine("deb http://archive.example/ubuntu noble main universe"))).toEqual([]);
  });
});
