// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import com.google.gson.JsonPrimitive;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The JSON objects that hook scripts of a restore are given: keys sorted, Python's spacing, empty text for an empty one. */
final class HookJson {
    private final Map<String, String> members = new TreeMap<>();

    private HookJson() {}

    static String tablespaces(RestoreRequest request) {
        HookJson json = new HookJson();
        for (String rule : request.tablespaceRules()) {
            int colon = rule.indexOf(':');
            if (colon >= 0) {
                json.put(rule.substring(0, colon), rule.substring(colon + 1));
            }
        }
        return json.text();
    }

    static String options(RestoreRequest request) {
        HookJson json = new HookJson();
        TargetOptions target = request.target();
        json.put("exclusive", target.exclusive());
        json.put("recovery_conf_filename", request.recoveryConfFilename());
        json.put("recovery_instance", request.snapshotInstance());
        Integer port = request.recoveryOptionPort();
        if (port != null) {
            json.members.put("recovery_option_port", port.toString());
        }
        json.put("standby_mode", request.standby());
        json.put("target_action", target.action());
        json.put("target_immediate", target.immediate());
        json.put("target_lsn", target.lsn());
        json.put("target_name", target.name());
        json.put("target_time", target.time());
        json.put("target_tli", target.timeline());
        json.put("target_xid", target.xid());
        return json.text();
    }

    private void put(String key, @Nullable String value) {
        if (value != null) {
            members.put(key, string(value));
        }
    }

    private void put(String key, boolean value) {
        if (value) {
            members.put(key, "true");
        }
    }

    private static String string(String value) {
        String quoted = new JsonPrimitive(value).toString();
        StringBuilder ascii = new StringBuilder(quoted.length());
        for (int i = 0; i < quoted.length(); i++) {
            char c = quoted.charAt(i);
            if (c < 0x80) {
                ascii.append(c);
            } else {
                ascii.append("\\u").append(Integer.toHexString(0x10000 | c), 1, 5);
            }
        }
        return ascii.toString();
    }

    private String text() {
        if (members.isEmpty()) {
            return "";
        }
        StringBuilder out = new StringBuilder("{");
        for (Map.Entry<String, String> member : members.entrySet()) {
            out.append(out.length() == 1 ? "" : ", ")
                    .append(string(member.getKey()))
                    .append(": ");
            out.append(member.getValue());
        }
        return out.append('}').toString();
    }
}
