// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.Locale;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;

class WalArithmeticProperties {
    private static final long MAX = 0xFFFFFFFFL;

    @Provide
    Arbitrary<WalSegmentSize> sizes() {
        return Arbitraries.integers().between(0, 10).map(power -> WalSegmentSize.of(1L << (20 + power)));
    }

    @Property(tries = 300)
    void aPositionLiesInTheSegmentThatContainsIt(
            @ForAll long bits,
            @ForAll @LongRange(min = 1, max = MAX) long timeline,
            @ForAll("sizes") WalSegmentSize size) {
        Lsn position = Lsn.of(bits);
        WalSegmentName name = WalSegmentName.containing(TimelineId.of(timeline), position, size);
        assertThat(name.startLsn(size).plus(position.offset(size))).isEqualTo(position);
        assertThat(position.offset(size)).isBetween(0L, size.bytes() - 1);
        assertThat(name.segment()).isBetween(0L, size.highestSegment());
        assertThat(WalFileName.parse(name.text())).isEqualTo(name);
    }

    @Property(tries = 300)
    void theNextSegmentBeginsWhereThisOneEnds(@ForAll long bits, @ForAll("sizes") WalSegmentSize size) {
        WalSegmentName name = WalSegmentName.containing(TimelineId.of(1), Lsn.of(bits), size);
        if (name.log() == MAX && name.segment() == size.highestSegment()) {
            assertThatThrownBy(() -> name.next(size)).isInstanceOf(IllegalArgumentException.class);
            return;
        }
        WalSegmentName next = name.next(size);
        assertThat(next.startLsn(size).minus(name.startLsn(size))).isEqualTo(size.bytes());
        assertThat(next.previous(size)).isEqualTo(name);
        assertThat(next).isGreaterThan(name);
    }

    @Property(tries = 100)
    void aRangeIsTheChainOfNextSegmentsAndAscends(
            @ForAll @LongRange(min = 0, max = MAX - 20) long log,
            @ForAll @IntRange(min = 0, max = 4095) int segment,
            @ForAll @IntRange(min = 1, max = 40) int count,
            @ForAll("sizes") WalSegmentSize size) {
        WalSegmentName begin = WalSegmentName.of(TimelineId.of(7), log, Math.min(segment, size.highestSegment()));
        WalSegmentName expected = begin;
        Iterator<WalSegmentName> unlimited = WalSegmentRange.from(begin, size).iterator();
        WalSegmentName last = begin;
        for (int i = 0; i < count; i++) {
            last = unlimited.next();
            assertThat(last).isEqualTo(expected);
            expected = expected.next(size);
        }
        int length = 0;
        for (WalSegmentName name : WalSegmentRange.of(begin, last, 150000, size)) {
            assertThat(name).isLessThanOrEqualTo(last);
            length++;
        }
        assertThat(length).isEqualTo(count);
    }

    @Property(tries = 300)
    void positionsAreUnsigned(@ForAll long a, @ForAll long b) {
        BigInteger left = new BigInteger(Long.toUnsignedString(a));
        BigInteger right = new BigInteger(Long.toUnsignedString(b));
        assertThat(Integer.signum(Lsn.of(a).compareTo(Lsn.of(b)))).isEqualTo(left.compareTo(right));
        BigInteger distance = left.subtract(right);
        if (distance.bitLength() < 64) {
            assertThat(Lsn.of(a).minus(Lsn.of(b))).isEqualTo(distance.longValueExact());
            assertThat(Lsn.of(b).plus(distance.longValueExact())).isEqualTo(Lsn.of(a));
        } else {
            assertThatThrownBy(() -> Lsn.of(a).minus(Lsn.of(b))).isInstanceOf(ArithmeticException.class);
        }
    }

    @Property(tries = 300)
    void positionTextReadsBack(@ForAll long bits) {
        Lsn position = Lsn.of(bits);
        assertThat(Lsn.parse(position.toString())).isEqualTo(position);
        assertThat(Lsn.parse(position.toString().toLowerCase(Locale.ROOT))).isEqualTo(position);
        assertThat(position.toString()).isEqualTo(String.format("%X/%X", bits >>> 32, bits & MAX));
    }

    @Property(tries = 300)
    void segmentNamesReadBackTheirNumbers(
            @ForAll @LongRange(min = 0, max = MAX) long timeline,
            @ForAll @LongRange(min = 0, max = MAX) long log,
            @ForAll @LongRange(min = 0, max = MAX) long segment) {
        WalSegmentName name = WalSegmentName.of(TimelineId.of(timeline), log, segment);
        assertThat(name.text()).isEqualTo(String.format("%08X%08X%08X", timeline, log, segment));
        assertThat(name.timeline().value()).isEqualTo(timeline);
        assertThat(name.log()).isEqualTo(log);
        assertThat(name.segment()).isEqualTo(segment);
        assertThat(name.hashDirectory()).isEqualTo(name.text().substring(0, 16));
    }

    @Property(tries = 300)
    void arbitraryTextNeverBreaksTheGrammarChecks(@ForAll String text) {
        assertThat(WalFileName.tryParse(text).isPresent())
                .isEqualTo(text.matches(
                        "[0-9A-Fa-f]{24}(\\.partial|\\.[0-9A-Fa-f]{8}\\.backup)?|[0-9A-Fa-f]{8}\\.history"));
    }

    @Property(tries = 200)
    void randomBytesAreNoHeader(@ForAll @Size(40) byte[] bytes) {
        assertThat(WalPageHeader.parse(ByteBuffer.wrap(bytes))).isEmpty();
    }
}
