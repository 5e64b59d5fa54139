// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuarantineCopiesTest {
    private static final String NAME = "000000010000000000000003";
    private static final Instant NOW = Instant.parse("2026-11-20T10:00:05Z");

    @TempDir
    Path directory;

    private Path errors;
    private Path source;
    private QuarantineCopies copies;

    @BeforeEach
    void setUp() throws IOException {
        errors = directory.resolve("errors");
        source = Files.writeString(directory.resolve("source"), "content");
        copies = at(NOW);
    }

    private QuarantineCopies at(Instant time) {
        return new QuarantineCopies(errors, Clock.fixed(time, ZoneOffset.UTC));
    }

    private String[] kept() {
        String[] names = errors.toFile().list();
        Arrays.sort(names);
        return names;
    }

    @Test
    void copyIsMadeAndTheSourceStays() throws Exception {
        Path copy = copies.keep(source, NAME, Quarantine.Reason.DUPLICATE);
        assertThat(copy).isEqualTo(errors.resolve(NAME + ".20261120T100005Z.duplicate"));
        assertThat(copy).hasContent("content");
        assertThat(source).hasContent("content");
        assertThat(kept()).containsExactly(NAME + ".20261120T100005Z.duplicate");
    }

    @Test
    void sameContentIsKeptOnceForAReason() throws Exception {
        Path first = copies.keep(source, NAME, Quarantine.Reason.DUPLICATE);
        assertThat(at(NOW.plusSeconds(60)).keep(source, NAME, Quarantine.Reason.DUPLICATE))
                .isEqualTo(first);
        assertThat(at(NOW.plusSeconds(60)).keep(source, NAME, Quarantine.Reason.UNKNOWN))
                .isNotEqualTo(first);
        copies.keep(source, NAME + ".partial", Quarantine.Reason.DUPLICATE);
        assertThat(kept())
                .containsExactly(
                        NAME + ".20261120T100005Z.duplicate",
                        NAME + ".20261120T100105Z.unknown",
                        NAME + ".partial.20261120T100005Z.duplicate");
    }

    @Test
    void otherContentOfTheSameSecondHasANameOfItsOwn() throws Exception {
        copies.keep(source, NAME, Quarantine.Reason.DUPLICATE);
        Files.writeString(source, "other");
        copies.keep(source, NAME, Quarantine.Reason.DUPLICATE);
        Files.writeString(source, "third");
        copies.keep(source, NAME, Quarantine.Reason.DUPLICATE);
        assertThat(errors.resolve(NAME + ".20261120T100005Z.duplicate")).hasContent("content");
        assertThat(errors.resolve(NAME + ".20261120T100005Z.1.duplicate")).hasContent("other");
        assertThat(errors.resolve(NAME + ".20261120T100005Z.2.duplicate")).hasContent("third");
    }

    @Test
    void whatAKilledCallLeftIsRemovedWhenItIsOldAndNeverTakenForACopy() throws Exception {
        Files.createDirectory(errors);
        Path old = Files.writeString(errors.resolve("." + NAME + ".20261120T080000Z.duplicate.77.x.tmp"), "content");
        Path young = Files.writeString(errors.resolve("." + NAME + ".20261120T100004Z.duplicate.78"), "content");
        Files.setLastModifiedTime(old, FileTime.from(NOW.minus(Duration.ofHours(2))));
        Files.setLastModifiedTime(young, FileTime.from(NOW.minusSeconds(1)));

        copies.keep(source, NAME, Quarantine.Reason.DUPLICATE);

        assertThat(old).doesNotExist();
        assertThat(young).exists();
        assertThat(errors.resolve(NAME + ".20261120T100005Z.duplicate")).hasContent("content");
    }

    @Test
    void missingSourceAndUnusableDirectoryAreFailures() throws Exception {
        Files.delete(source);
        assertThatThrownBy(() -> copies.keep(source, NAME, Quarantine.Reason.DUPLICATE))
                .isInstanceOf(IOException.class);
        assertThat(kept()).isEmpty();
        Files.writeString(source, "content");
        QuarantineCopies impossible = new QuarantineCopies(source.resolve("errors"), Clock.fixed(NOW, ZoneOffset.UTC));
        assertThatThrownBy(() -> impossible.keep(source, NAME, Quarantine.Reason.DUPLICATE))
                .isInstanceOf(IOException.class);
    }
}
