// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.s3;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A key for 127.0.0.1 with a certificate that nobody but itself vouches for. Immutable. */
public final class TestCertificate {
    /** Of the key store and of its key. */
    public static final String PASSWORD = "of-the-test";

    private final Path keyStore;
    private final Path pem;

    private TestCertificate(Path keyStore, Path pem) {
        this.keyStore = keyStore;
        this.pem = pem;
    }

    /**
     * Makes one with the JDK's {@code keytool}.
     *
     * @param directory gets the files
     * @param name of the key, and of whom it stands for
     */
    public static TestCertificate create(Path directory, String name) throws IOException, InterruptedException {
        TestCertificate made = new TestCertificate(directory.resolve(name + ".p12"), directory.resolve(name + ".pem"));
        made.keytool(
                "-genkeypair", "-keyalg", "EC", "-alias", name, "-dname", "CN=" + name, "-ext", "SAN=ip:127.0.0.1");
        made.keytool("-exportcert", "-rfc", "-alias", name, "-file", made.pem.toString());
        return made;
    }

    private void keytool(String... words) throws IOException, InterruptedException {
        List<String> argv = new ArrayList<>(List.of(words));
        argv.add(0, Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        argv.addAll(List.of("-storetype", "PKCS12", "-keystore", keyStore.toString(), "-storepass", PASSWORD));
        Process process = new ProcessBuilder(argv).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0 || !Files.isRegularFile(keyStore)) {
            throw new IOException("keytool: " + said);
        }
    }

    /** {@return the key and the certificate, PKCS #12} */
    public Path keyStore() {
        return keyStore;
    }

    /** {@return the certificate, PEM} */
    public Path pem() {
        return pem;
    }
}
