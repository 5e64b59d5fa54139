// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.args;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Marks an option whose value may be left out, and gives the value it then has. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.FIELD)
public @interface OptionalValue {
    /** The value of the option when it stands alone. */
    String value();
}
