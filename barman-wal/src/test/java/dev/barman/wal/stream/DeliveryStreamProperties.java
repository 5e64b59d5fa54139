// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Any deliveries, in any pieces, cut anywhere. */
class DeliveryStreamProperties {
    private static byte[] content(int size) {
        byte[] content = new byte[size];
        new Random(size).nextBytes(content);
        return content;
    }

    private static byte[] written(List<Integer> sizes, int piece) throws IOException {
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        DeliveryWriter writer = new DeliveryWriter(stream);
        for (int size : sizes) {
            byte[] content = content(size);
            for (int at = 0; at < size; at += piece) {
                writer.write(content, at, Math.min(piece, size - at));
            }
            writer.endDelivery();
        }
        return stream.toByteArray();
    }

    /** The deliveries that came whole. */
    private static List<byte[]> read(byte[] stream, int buffer) throws IOException {
        List<byte[]> whole = new ArrayList<>();
        DeliveryReader reader = new DeliveryReader(new ByteArrayInputStream(stream), new ByteArrayOutputStream());
        for (DeliveryReader.Delivery delivery = reader.next(); delivery != null; delivery = reader.next()) {
            ByteArrayOutputStream content = new ByteArrayOutputStream();
            byte[] bytes = new byte[buffer];
            for (int n = delivery.read(bytes, 0, buffer); n >= 0; n = delivery.read(bytes, 0, buffer)) {
                content.write(bytes, 0, n);
            }
            if (delivery.skipRest()) {
                whole.add(content.toByteArray());
            }
        }
        return whole;
    }

    @Property(tries = 60)
    void everyDeliveryComesAsItWasWritten(
            @ForAll @Size(max = 4) List<@IntRange(max = 600_000) Integer> sizes,
            @ForAll @IntRange(min = 1, max = 400_000) int piece,
            @ForAll @IntRange(min = 1, max = 300_000) int buffer)
            throws IOException {
        List<byte[]> read = read(written(sizes, piece), buffer);
        assertThat(read).hasSameSizeAs(sizes);
        for (int i = 0; i < sizes.size(); i++) {
            assertThat(read.get(i)).isEqualTo(content(sizes.get(i)));
        }
    }

    @Property(tries = 200)
    void whatIsCutOffIsNeverTakenForWhole(
            @ForAll @Size(min = 1, max = 3) List<@IntRange(max = 2_000) Integer> sizes, @ForAll Random random)
            throws IOException {
        byte[] stream = written(sizes, 700);
        int cut = random.nextInt(stream.length);
        int whole = 0;
        for (int end = 0; whole < sizes.size(); whole++) {
            end += written(sizes.subList(whole, whole + 1), 700).length;
            if (end > cut) {
                break;
            }
        }
        assertThat(read(Arrays.copyOf(stream, cut), 512)).hasSize(whole);
    }

    @Example
    void unreadRestIsSkippedBeforeTheNext() throws IOException {
        DeliveryReader reader = new DeliveryReader(
                new ByteArrayInputStream(written(List.of(300_000, 5), 1000)), new ByteArrayOutputStream());
        DeliveryReader.Delivery first = reader.next();
        assertThat(first.read()).isEqualTo(content(300_000)[0] & 0xFF);
        DeliveryReader.Delivery second = reader.next();
        assertThat(second.readAllBytes()).isEqualTo(content(5));
        assertThat(reader.next()).isNull();
    }

    @Example
    void signsOfLifeComeBetweenDeliveriesAndOnlyThere() throws IOException {
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        DeliveryWriter writer = new DeliveryWriter(stream);
        writer.signOfLife();
        writer.write(content(700));
        assertThatExceptionOfType(IllegalStateException.class).isThrownBy(writer::signOfLife);
        writer.endDelivery();
        writer.signOfLife();
        writer.signOfLife();
        writer.write(content(5));
        writer.endDelivery();
        writer.signOfLife();
        assertThat(read(stream.toByteArray(), 100)).containsExactly(content(700), content(5));

        byte[] within = new byte[12];
        StreamFormat.putInt(within, 0, 4);
        StreamFormat.putInt(within, 8, StreamFormat.ALIVE);
        DeliveryReader reader = new DeliveryReader(new ByteArrayInputStream(within), new ByteArrayOutputStream());
        assertThatExceptionOfType(WalStreamException.class)
                .isThrownBy(() -> reader.next().readAllBytes());
    }

    @Example
    void impossibleLengthsEndTheSession() {
        for (int length : new int[] {-1, Integer.MIN_VALUE, (1 << 20) + 1}) {
            byte[] bytes = new byte[8];
            StreamFormat.putInt(bytes, 0, length);
            DeliveryReader reader = new DeliveryReader(new ByteArrayInputStream(bytes), new ByteArrayOutputStream());
            assertThatExceptionOfType(WalStreamException.class).isThrownBy(reader::next);
        }
    }

    @Example
    void answersAreOneLineEach() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        DeliveryReader server = new DeliveryReader(new ByteArrayInputStream(new byte[0]), out);
        server.greet();
        server.stored();
        server.refused("two\nlines");
        assertThat(out.toString(StandardCharsets.UTF_8))
                .isEqualTo("barman-wal-delivery 1\nstored\nrefused two lines\n");

        DeliveryAnswers client = new DeliveryAnswers(new ByteArrayInputStream(out.toByteArray()));
        assertThat(client.readGreeting()).isTrue();
        assertThat(client.next()).isNull();
        assertThat(client.next()).isEqualTo("two lines");
        assertThatExceptionOfType(EOFException.class).isThrownBy(client::next);
    }

    @Example
    void onlyTheWholeWordMeansStored() throws IOException {
        for (String text : List.of("stored", "store\n", "storedX\n", "", " stored\n", "refused\n")) {
            DeliveryAnswers client =
                    new DeliveryAnswers(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
            assertThatExceptionOfType(IOException.class).as("'%s'", text).isThrownBy(client::next);
        }
        for (String text : List.of("", "usage: barman\n", "barman-wal-stream 1\n", "barman-wal-delivery 1")) {
            DeliveryAnswers client =
                    new DeliveryAnswers(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
            assertThat(client.readGreeting()).as(text).isFalse();
        }
    }
}
