// SPDX-License-Identifier: Apache-2.0
package dev.barman.log;

/** Takes passwords out of texts for people: those of connection strings, of connection URIs and of HTTP URLs. */
public final class SecretRedactor {
    /** What stands in the place of a secret. */
    public static final String REDACTED = "*REDACTED*";

    private static final String KEY = "password=";

    private SecretRedactor() {}

    /**
     * Replaces the value in {@code password=VALUE}, quoted or up to the next blank or {@code &}, and the password in
     * {@code scheme://user:PASSWORD@host}.
     *
     * @return the text itself if it holds no secret
     */
    public static String redact(String text) {
        return redactUrls(redactKeys(text));
    }

    private static String redactKeys(String text) {
        int key = indexOfKey(text, 0);
        if (key < 0) {
            return text;
        }
        StringBuilder result = new StringBuilder(text.length() + 16);
        int copied = 0;
        while (key >= 0) {
            int value = key + KEY.length();
            int end = endOfValue(text, value);
            result.append(text, copied, value).append(REDACTED);
            copied = end;
            key = indexOfKey(text, end);
        }
        return result.append(text, copied, text.length()).toString();
    }

    private static int indexOfKey(String text, int from) {
        int last = text.length() - KEY.length();
        for (int i = from; i <= last; i++) {
            char c = text.charAt(i);
            if ((c == 'p' || c == 'P') && text.regionMatches(true, i, KEY, 0, KEY.length())) {
                return i;
            }
        }
        return -1;
    }

    private static int endOfValue(String text, int start) {
        int at = start;
        boolean quoted = at < text.length() && text.charAt(at) == '\'';
        if (quoted) {
            at++;
        }
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '\\' && at + 1 < text.length()) {
                at++;
            } else if (quoted ? c == '\'' : c <= ' ' || c == '&' || c == '"' || c == '\'') {
                return quoted ? at + 1 : at;
            }
            at++;
        }
        return at;
    }

    private static String redactUrls(String text) {
        int mark = text.indexOf("://");
        if (mark < 0) {
            return text;
        }
        StringBuilder result = new StringBuilder(text.length() + 16);
        int copied = 0;
        while (mark >= 0) {
            int colon = -1;
            int at = -1;
            int i = mark + 3;
            for (; i < text.length(); i++) {
                char c = text.charAt(i);
                if (c <= ' ' || c == '/' || c == '?' || c == '"' || c == '\'') {
                    break;
                }
                if (c == ':' && colon < 0) {
                    colon = i;
                } else if (c == '@') {
                    at = i;
                }
            }
            if (colon > 0 && at > colon) {
                result.append(text, copied, colon + 1).append(REDACTED);
                copied = at;
            }
            mark = text.indexOf("://", i);
        }
        return result.append(text, copied, text.length()).toString();
    }
}
