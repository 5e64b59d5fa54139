// SPDX-License-Identifier: Apache-2.0
package dev.barman.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectKeyTest {
    @ParameterizedTest
    @ValueSource(strings = {"a", "a/b", "a//b", "..a/b..", "a/...", "\u00fc\uD83D\uDE00"})
    void keysAreKept(String text) {
        assertThat(ObjectKey.of(text).value()).isEqualTo(text);
        assertThat(ObjectKey.of(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "/", "/a", "a/", ".", "..", "a/../b", "./a", "a/.", "a\nb", "a\u0000", "\uD83D", "\uDE00a"})
    void whatIsNoKeyIsRefused(String text) {
        assertThatThrownBy(() -> ObjectKey.of(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void lengthIsLimitedInBytes() {
        assertThat(ObjectKey.of("a".repeat(1024)).value()).hasSize(1024);
        assertThatThrownBy(() -> ObjectKey.of("a".repeat(1025))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ObjectKey.of("\u20ac".repeat(342))).isInstanceOf(IllegalArgumentException.class);
        assertThat(ObjectKey.of("\u20ac".repeat(341)).value()).hasSize(341);
    }

    @Test
    void childAndName() {
        assertThat(ObjectKey.of("main/wals").child("0000000100000000/x").value())
                .isEqualTo("main/wals/0000000100000000/x");
        assertThat(ObjectKey.of("main/wals").name()).isEqualTo("wals");
        assertThat(ObjectKey.of("main").name()).isEqualTo("main");
    }

    @Property(tries = 500)
    void orderIsThatOfTheBytes(@ForAll String a, @ForAll String b) {
        Assume.that(isText(a) && isText(b));

        int expected = Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));

        assertThat(Integer.signum(ObjectKey.compareUtf8(a, b))).isEqualTo(Integer.signum(expected));
    }

    @Test
    void characterBeyondTheBasicPlaneComesLast() {
        assertThat(ObjectKey.of("a\uFFFD")).isLessThan(ObjectKey.of("a\uD83D\uDE00"));
        assertThat(ObjectKey.of("a\uD83D\uDE00")).isGreaterThan(ObjectKey.of("a\uFFFD"));
    }

    private static boolean isText(String text) {
        return StandardCharsets.UTF_8.newEncoder().canEncode(text);
    }
}
