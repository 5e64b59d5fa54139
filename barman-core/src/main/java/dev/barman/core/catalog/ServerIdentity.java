// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import dev.barman.core.BarmanException;
import dev.barman.file.AtomicFile;
import dev.barman.file.IoReason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which cluster a server's directory belongs to: {@code identity.json}, written once by the first backup. Immutable.
 *
 * @param systemId the system identifier of the cluster, decimal
 * @param version its major version at the first backup; null when the file does not say
 */
public record ServerIdentity(String systemId, @Nullable String version) {

    /**
     * Reads the file.
     *
     * @return empty when it does not exist
     * @throws BarmanException when it cannot be read or is damaged
     */
    public static Optional<ServerIdentity> read(Path file) throws BarmanException {
        String json;
        try {
            json = Files.readString(file, StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new BarmanException(
                    "cannot read the identity of the cluster from " + file + ": " + IoReason.of(e, file), e);
        }
        String systemId = value(json, "systemid");
        if (systemId == null) {
            throw new BarmanException("no system identifier found in " + file + ": restore the file or remove it,"
                    + " the next backup writes it again");
        }
        return Optional.of(new ServerIdentity(systemId, value(json, "version")));
    }

    /**
     * Writes the file unless it exists already; durable when this returns.
     *
     * @return whether it was written
     */
    public boolean writeIfAbsent(Path file) throws BarmanException {
        if (Files.exists(file)) {
            return false;
        }
        try {
            AtomicFile.write(file, toJson().getBytes(StandardCharsets.UTF_8));
            return true;
        } catch (IOException e) {
            throw new BarmanException(
                    "cannot write the identity of the cluster to " + file + ": " + IoReason.of(e, file), e);
        }
    }

    private String toJson() {
        return "{\n    \"systemid\": \"" + systemId + "\",\n    \"version\": "
                + (version == null ? "null" : "\"" + version + "\"") + "\n}\n";
    }

    /** The file is one flat object with two short texts; a JSON library would cost more start-up time than everything else here. */
    private static @Nullable String value(String json, String key) {
        int start = json.indexOf("\"" + key + "\"");
        if (start < 0) {
            return null;
        }
        int position = json.indexOf(':', start);
        if (position < 0) {
            return null;
        }
        position++;
        while (position < json.length()
                && (Character.isWhitespace(json.charAt(position)) || json.charAt(position) == '"')) {
            position++;
        }
        int end = position;
        while (end < json.length() && (Character.isLetterOrDigit(json.charAt(end)) || json.charAt(end) == '.')) {
            end++;
        }
        String value = json.substring(position, end);
        return value.isEmpty() || value.equals("null") ? null : value;
    }
}
