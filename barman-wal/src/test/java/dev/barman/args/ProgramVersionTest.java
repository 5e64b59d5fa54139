// SPDX-License-Identifier: Apache-2.0
package dev.barman.args;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ProgramVersionTest {
    @Test
    void constantIsTheVersionOfTheBuild() throws Exception {
        assertThat(Files.readString(Path.of("pom.xml")))
                .contains("<artifactId>barman-parent</artifactId>\n    <version>" + ProgramVersion.VERSION
                        + "</version>");
    }

    @Test
    void lineNamesProgramVersionAndCompatibility() {
        assertThat(ProgramVersion.line("barman-wal-restore"))
                .isEqualTo("barman-wal-restore " + ProgramVersion.VERSION
                        + " (Barman for Java, compatible with Barman 3.17)");
    }
}
