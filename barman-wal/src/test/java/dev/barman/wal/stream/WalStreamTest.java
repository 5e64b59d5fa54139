// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WalStreamTest {
    private static final String W1 = "000000010000000000000001";
    private static final String W2 = "000000010000000000000002";

    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
    private final WalStreamWriter writer = new WalStreamWriter(sent);

    private WalStreamReader reader() {
        return new WalStreamReader(new ByteArrayInputStream(sent.toByteArray()));
    }

    private static WalStreamReader reader(String text) {
        return new WalStreamReader(new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1)));
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @Test
    void theBytesOfEveryAnswerAreAsDocumented() throws Exception {
        writer.greet();
        writer.begin(W1, false);
        writer.write(new byte[] {'a', 'b', 'c'}, 1, 2);
        writer.end();
        writer.begin(W2, true);
        writer.end();
        writer.begin(W2, false);
        writer.write(new byte[] {'x'}, 0, 1);
        writer.abort("disk\nbroken");
        writer.absent(W2);
        writer.failed("no name", "what\tis that?");

        assertThat(sent.toString(StandardCharsets.ISO_8859_1))
                .isEqualTo("barman-wal-stream 1\n"
                        + "wal " + W1 + "\n\0\0\0\2bc\0\0\0\0"
                        + "partial " + W2 + "\n\0\0\0\0"
                        + "wal " + W2 + "\n\0\0\0\1x\u00ff\u00ff\u00ff\u00ffdisk broken\n"
                        + "absent " + W2 + "\n"
                        + "failed no?name what is that?\n");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 16 << 10, 64 << 10, (256 << 10) - 1, 256 << 10, (256 << 10) + 1, (1 << 20) + 7})
    void filesOfAnySizeArriveWhole(int length) throws Exception {
        byte[] content = bytes(length);
        writer.greet();
        writer.begin(W1, false);
        writer.write(content, 0, length);
        writer.end();
        writer.absent(W2);

        WalStreamReader reader = reader();
        assertThat(reader.readGreeting()).isTrue();
        Answer answer = reader.next();
        assertThat(answer).returns(Answer.Kind.WAL, Answer::kind).returns(W1, Answer::name);
        assertThat(answer.content().readAllBytes()).isEqualTo(content);
        assertThat(answer.content().read()).isEqualTo(-1);
        assertThat(reader.next()).hasToString("ABSENT " + W2);
        assertThatExceptionOfType(EOFException.class).isThrownBy(reader::next);
    }

    @Test
    void everythingIsFlushedWithTheAnswer() throws Exception {
        writer.greet();
        assertThat(sent.toString(StandardCharsets.US_ASCII)).isEqualTo("barman-wal-stream 1\n");
        writer.begin(W1, false);
        writer.write(bytes(100), 0, 100);
        writer.end();
        assertThat(sent.size()).isEqualTo(20 + 29 + 4 + 100 + 4);
    }

    @Test
    void aFileThatIsGivenUpIsAnErrorAndTheStreamGoesOn() throws Exception {
        writer.begin(W1, false);
        writer.write(bytes(300_000), 0, 300_000);
        writer.abort("Input/output error");
        writer.absent(W2);

        WalStreamReader reader = reader();
        InputStream content = reader.next().content();
        for (int i = 0; i < 2; i++) {
            assertThatExceptionOfType(WalStreamException.class)
                    .isThrownBy(content::readAllBytes)
                    .withMessage("The server could not go on with " + W1 + ": Input/output error")
                    .returns(true, WalStreamException::isStreamUsable);
        }
        assertThat(reader.next()).hasToString("ABSENT " + W2);
    }

    @Test
    void whatIsNotReadIsSkipped() throws Exception {
        writer.begin(W1, false);
        writer.write(bytes(600_000), 0, 600_000);
        writer.abort("broken");
        writer.begin(W1, false);
        writer.write(bytes(600_000), 0, 600_000);
        writer.end();
        writer.absent(W2);

        WalStreamReader reader = reader();
        InputStream first = reader.next().content();
        assertThat(first.read()).isEqualTo(bytes(600_000)[0] & 0xFF);
        InputStream second = reader.next().content();
        assertThatIllegalStateException().isThrownBy(first::read);
        assertThat(second.readNBytes(5)).isEqualTo(java.util.Arrays.copyOf(bytes(600_000), 5));
        assertThat(reader.next()).hasToString("ABSENT " + W2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\n",
                "barman-wal-stream 1",
                "barman-wal-stream 2\n",
                "Last login: today\nbarman-wal-stream 1\n",
                "barman-wal-stream 1\r\n"
            })
    void anotherGreetingIsNone(String text) throws Exception {
        assertThat(reader(text).readGreeting()).isFalse();
    }

    @Test
    void aGreetingWithoutEndIsNotWaitedFor() throws Exception {
        assertThat(reader("x".repeat(100_000)).readGreeting()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\n",
                "wal\n",
                "wal \n",
                "wal a b\n",
                "wal a\tb\n",
                "absent\n",
                "failed\n",
                "failed  message\n",
                "WAL a\n",
                "something else\n",
                "absent " + W1,
                "wal"
            })
    void whatIsNoAnswerIsRefused(String text) {
        WalStreamReader reader = reader(text);
        for (int i = 0; i < 2; i++) {
            assertThatExceptionOfType(WalStreamException.class)
                    .isThrownBy(reader::next)
                    .withMessageStartingWith("The stream of WAL files is damaged")
                    .returns(false, WalStreamException::isStreamUsable);
        }
    }

    @Test
    void linesAreBounded() throws Exception {
        assertThat(reader("failed " + W1 + " " + "m".repeat(4000) + "\n").next().message())
                .hasSize(StreamFormat.MAX_MESSAGE_BYTES);
        assertThatExceptionOfType(WalStreamException.class)
                .isThrownBy(reader("failed " + W1 + " " + "m".repeat(5000) + "\n")::next);
        assertThatExceptionOfType(WalStreamException.class).isThrownBy(reader("wal " + "0".repeat(129) + "\n")::next);
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -2, (1 << 20) + 1, Integer.MAX_VALUE})
    void lengthsThatNoServerSendsAreRefused(int length) throws Exception {
        sent.write(("wal " + W1 + "\n").getBytes(StandardCharsets.US_ASCII));
        sent.write(ByteBuffer.allocate(4).putInt(length).array());
        sent.write(bytes(100));

        WalStreamReader reader = reader();
        InputStream content = reader.next().content();
        for (int i = 0; i < 2; i++) {
            assertThatExceptionOfType(WalStreamException.class).isThrownBy(() -> content.read(new byte[10]));
        }
        assertThatExceptionOfType(WalStreamException.class).isThrownBy(reader::next);
    }

    @Test
    void namesAndMessagesAlwaysFitIntoTheirLine() throws Exception {
        writer.failed("", "");
        writer.failed("x y\nwal " + W1 + "z".repeat(500), "\n\r\0\u2028\u0085" + "\ud83d\ude00".repeat(3000));
        writer.failed(W1, "lone \ud83d surrogate, pass\u00e9");

        WalStreamReader reader = reader();
        assertThat(reader.next()).hasToString("FAILED ? no reason given");
        Answer second = reader.next();
        assertThat(second.name()).startsWith("x?y?wal?" + W1 + "zz").hasSize(128);
        assertThat(second.message().getBytes(StandardCharsets.UTF_8)).hasSizeBetween(2040, 2048);
        assertThat(reader.next().message()).isEqualTo("lone   surrogate, pass\u00e9");
        assertThatExceptionOfType(EOFException.class).isThrownBy(reader::next);
    }

    @Test
    void aFailureBetweenMarkAndReasonIsNoEnd() throws Exception {
        writer.begin(W1, false);
        writer.abort("because");
        byte[] bytes = sent.toByteArray();
        int[] at = {0};
        InputStream flaky = new InputStream() {
            private boolean failed;

            @Override
            public int read() throws IOException {
                if (at[0] == bytes.length - 4 && !failed) {
                    failed = true;
                    throw new IOException("once");
                }
                return at[0] < bytes.length ? bytes[at[0]++] & 0xFF : -1;
            }

            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                int next = read();
                target[offset] = (byte) next;
                return next < 0 ? -1 : 1;
            }
        };
        InputStream content = new WalStreamReader(flaky).next().content();
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(content::readAllBytes)
                .withMessage("once");
        assertThatExceptionOfType(WalStreamException.class).isThrownBy(content::readAllBytes);
    }

    @Test
    void aWriterThatIsUsedWronglySaysSo() throws Exception {
        assertThatIllegalStateException().isThrownBy(writer::end);
        writer.begin(W1, false);
        assertThatIllegalStateException().isThrownBy(() -> writer.absent(W1));
        assertThatIllegalStateException().isThrownBy(() -> writer.begin(W1, false));
        writer.end();
        writer.absent(W2);
        assertThatIllegalStateException().isThrownBy(() -> {
            WalStreamReader reader = reader();
            reader.next();
            reader.next().content();
        });
    }
}
