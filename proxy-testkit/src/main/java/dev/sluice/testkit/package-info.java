/** The network lab, the scenario table, the VM runner, and fakes that enforce the kernel's rules. */
@NullMarked
package dev.sluice.testkit;

import org.jspecify.annotations.NullMarked;
