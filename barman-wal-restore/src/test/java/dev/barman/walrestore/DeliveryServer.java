// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import dev.barman.wal.stream.DeliveryReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A program in the place of {@code barman put-wal --stream}: unpacks every delivery with {@code tar}, checks its sums and answers. As its
 * second argument says it refuses everything, ends without an answer, or hangs.
 */
public final class DeliveryServer {
    private DeliveryServer() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        String how = args.length > 1 ? args[1] : "";
        DeliveryReader deliveries = new DeliveryReader(System.in, System.out);
        deliveries.greet();
        int number = 0;
        for (DeliveryReader.Delivery delivery = deliveries.next(); delivery != null; delivery = deliveries.next()) {
            Path target = Path.of(args[0]).resolve("delivery" + number++);
            byte[] tar = delivery.readAllBytes();
            if (how.equals("mute")) {
                return;
            } else if (how.equals("hang")) {
                Thread.sleep(Long.MAX_VALUE);
            } else if (how.equals("refuse")) {
                deliveries.refused("no thanks");
            } else if (unpack(tar, Files.createDirectory(target))) {
                deliveries.stored();
            } else {
                deliveries.refused("damaged");
            }
        }
    }

    private static boolean unpack(byte[] tar, Path target) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        "sh",
                        "-c",
                        "tar -xf - && for s in *SUMS; do $(echo ${s%SUMS} | tr A-Z a-z)sum -c --quiet $s >&2 || exit 1; rm $s;"
                                + " done")
                .directory(target.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        process.getOutputStream().write(tar);
        process.getOutputStream().close();
        return process.waitFor() == 0;
    }
}
