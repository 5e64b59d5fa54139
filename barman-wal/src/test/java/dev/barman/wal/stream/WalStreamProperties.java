// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** Any sequence of answers, in any pieces. */
class WalStreamProperties {
    private static final int[] SIZES = {0, 1, 3, 100, 5_000, 16_384, 65_536, 70_000, 262_144, 600_000};

    /** One answer; for a file also its size, the size of the pieces it is written in, and whether it is given up. */
    private record Told(Answer.Kind kind, int index, int size, int piece, boolean aborted) {
        String name() {
            return String.format("0000000100000000%08X", index);
        }

        boolean isFile() {
            return kind == Answer.Kind.WAL || kind == Answer.Kind.PARTIAL;
        }

        byte[] content() {
            byte[] content = new byte[size];
            new Random(size * 31L + index).nextBytes(content);
            return content;
        }

        void writeTo(WalStreamWriter writer) throws IOException {
            if (kind == Answer.Kind.ABSENT) {
                writer.absent(name());
            } else if (kind == Answer.Kind.FAILED) {
                writer.failed(name(), "reason " + index);
            } else {
                writer.begin(name(), kind == Answer.Kind.PARTIAL);
                byte[] content = content();
                for (int at = 0; at < size; at += piece) {
                    writer.write(content, at, Math.min(piece, size - at));
                }
                if (aborted) {
                    writer.abort("reason " + index);
                } else {
                    writer.end();
                }
            }
        }
    }

    @Provide
    Arbitrary<List<Told>> answers() {
        return Combinators.combine(
                        Arbitraries.of(Answer.Kind.class),
                        Arbitraries.integers().between(0, 1000),
                        Arbitraries.integers().between(0, SIZES.length - 1).map(i -> SIZES[i]),
                        Arbitraries.integers().between(1, 300_000),
                        Arbitraries.of(false, false, false, true))
                .as((kind, index, size, piece, aborted) ->
                        new Told(kind, index, size, Math.max(piece, size / 50), aborted))
                .list()
                .ofMaxSize(6);
    }

    /** A stream that gives at most so many bytes at a time, as a pipe does. */
    private static InputStream inPieces(byte[] bytes, int length, int most) {
        return new ByteArrayInputStream(bytes, 0, length) {
            @Override
            public int read(byte[] target, int offset, int wanted) {
                return super.read(target, offset, Math.min(wanted, most));
            }
        };
    }

    private static byte[] stream(List<Told> answers) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        WalStreamWriter writer = new WalStreamWriter(out);
        writer.greet();
        for (Told answer : answers) {
            answer.writeTo(writer);
        }
        return out.toByteArray();
    }

    private static void assertAnswer(Told told, Answer answer, int readSize) throws IOException {
        assertThat(answer.kind()).isEqualTo(told.kind());
        assertThat(answer.name()).isEqualTo(told.name());
        assertThat(answer.hasContent()).isEqualTo(told.isFile());
        assertThat(answer.message()).isEqualTo(told.kind() == Answer.Kind.FAILED ? "reason " + told.index() : "");
        if (!told.isFile()) {
            return;
        }
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        try {
            if (readSize < 1000) {
                answer.content().transferTo(content);
            } else {
                byte[] buffer = new byte[readSize];
                for (int got = answer.content().read(buffer);
                        got >= 0;
                        got = answer.content().read(buffer)) {
                    assertThat(got).isPositive();
                    content.write(buffer, 0, got);
                }
            }
            assertThat(told.aborted()).isFalse();
        } catch (WalStreamException e) {
            assertThat(told.aborted()).isTrue();
            assertThat(e).hasMessageEndingWith("reason " + told.index());
            assertThat(e.isStreamUsable()).isTrue();
        }
        assertThat(content.toByteArray()).isEqualTo(told.content());
    }

    @Property(tries = 400)
    void whatIsWrittenIsRead(
            @ForAll("answers") List<Told> answers,
            @ForAll @IntRange(min = 1, max = 100_000) int most,
            @ForAll @IntRange(min = 1, max = 100_000) int readSize)
            throws IOException {
        byte[] bytes = stream(answers);
        WalStreamReader reader = new WalStreamReader(inPieces(bytes, bytes.length, Math.max(most, bytes.length / 500)));

        assertThat(reader.readGreeting()).isTrue();
        for (Told answer : answers) {
            assertAnswer(answer, reader.next(), readSize);
        }
        try {
            reader.next();
            fail("an answer that was not given");
        } catch (EOFException expected) {
            assertThat(expected).hasMessage("the server has ended the stream");
        }
    }

    /** Whatever is cut off: complete answers are read, then comes an exception, and no file ends early. */
    @Property(tries = 600)
    void aStreamThatIsCutIsNeverTakenForWhole(
            @ForAll("answers") List<Told> answers,
            @ForAll @IntRange(max = 1_000_000) int cut,
            @ForAll @IntRange(min = 1, max = 100_000) int readSize)
            throws IOException {
        List<Integer> ends = new ArrayList<>();
        ends.add(stream(List.of()).length);
        for (int i = 1; i <= answers.size(); i++) {
            ends.add(stream(answers.subList(0, i)).length);
        }
        byte[] bytes = stream(answers);
        // Half of the cuts are made near a place where something ends.
        int length = cut % 2 == 0
                ? (int) ((long) bytes.length * cut / 1_000_000)
                : Math.max(0, ends.get(cut % ends.size()) - cut / ends.size() % 12);
        assertCut(answers, ends, bytes, length, readSize);
    }

    @Property(tries = 20)
    void everyCutOfAShortStreamIsNoticed(@ForAll("answers") List<Told> answers) throws IOException {
        List<Told> brief = new ArrayList<>();
        for (Told told : answers) {
            brief.add(new Told(told.kind(), told.index(), told.size() % 13, told.piece() % 5 + 1, told.aborted()));
        }
        List<Integer> ends = new ArrayList<>();
        for (int i = 0; i <= brief.size(); i++) {
            ends.add(stream(brief.subList(0, i)).length);
        }
        byte[] bytes = stream(brief);
        for (int length = 0; length < bytes.length; length++) {
            assertCut(brief, ends, bytes, length, 1000);
        }
    }

    private static void assertCut(List<Told> answers, List<Integer> ends, byte[] bytes, int length, int readSize)
            throws IOException {
        WalStreamReader reader = new WalStreamReader(inPieces(bytes, length, 50_000));
        if (length < ends.get(0)) {
            assertThat(reader.readGreeting()).isFalse();
            return;
        }
        assertThat(reader.readGreeting()).isTrue();
        int complete = 0;
        while (complete < answers.size() && ends.get(complete + 1) <= length) {
            assertAnswer(answers.get(complete), reader.next(), readSize);
            complete++;
        }
        boolean atBoundary = ends.get(complete) == length;
        try {
            Answer answer = reader.next();
            assertThat(atBoundary).isFalse();
            if (answer.hasContent()) {
                answer.content().transferTo(new ByteArrayOutputStream());
            }
            fail("cut at " + length + " of " + Arrays.toString(ends.toArray()) + ", and no exception after " + answer);
        } catch (WalStreamException e) {
            assertThat(atBoundary).isFalse();
            assertThat(e.isStreamUsable()).isFalse();
        } catch (EOFException e) {
            assertThat(atBoundary).isTrue();
        }
    }
}
