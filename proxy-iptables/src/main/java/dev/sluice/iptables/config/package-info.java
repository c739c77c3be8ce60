/** What an operator can choose of this mode, with its fields, flags and defaults. Knows nothing of rules. */
@NullMarked
package dev.sluice.iptables.config;

import org.jspecify.annotations.NullMarked;
