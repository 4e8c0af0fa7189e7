import { testConfig } from "../../vitest.shared.js";

export default testConfig({ globalSetup: ["test/setup/services.ts"] });
