// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.tools;

import java.nio.file.Path;

/**
 * A PostgreSQL client program that was found and runs.
 *
 * @param path where it is
 * @param version what it answered to {@code --version}
 */
public record PgTool(Path path, ToolVersion version) {}
