#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""pyverbs_suite.py TESTS ADDRESS --dev DEVICE --port PORT --gid INDEX

Runs rdma-core's own suite, the folder TESTS as its package ships it but for
compression, with the device's IP address ADDRESS for its tests of rdma_cm, and
prints a line for each test when it ends:

    NAME<tab>pass|fail|skip<tab>SECONDS<tab>REASON

A failure's report goes to standard error. Exits with 0 if all tests ran,
whatever came of them; one that hangs ends the run.
"""

import faulthandler
import importlib
import random
import sys
import time
import unittest


LIMIT_S = 60


class Outcome(unittest.TestResult):
    """Takes the worst of what a test and its subtests report."""

    def startTest(self, test):
        super().startTest(test)
        # The suite picks some of its parameters: the same on every device.
        random.seed(test.id())
        faulthandler.dump_traceback_later(LIMIT_S, exit=True)
        self.began = time.monotonic()
        self.outcome, self.reason = 'pass', ''

    def fail(self, test, err):
        reason = str(err[1]).strip() or err[0].__name__
        self.outcome, self.reason = 'fail', reason.splitlines()[0]
        print(f'{test.id()}\n{self._exc_info_to_string(err, test)}', file=sys.stderr)

    def addError(self, test, err):
        if not hasattr(test, '_testMethodName'):
            # What stands for a class or module whose set-up failed.
            self.startTest(test)
            self.fail(test, err)
            self.stopTest(test)
        else:
            self.fail(test, err)

    def addFailure(self, test, err):
        self.fail(test, err)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.fail(subtest, err)

    def addUnexpectedSuccess(self, test):
        self.outcome, self.reason = 'fail', 'unexpected success'

    def addSkip(self, test, reason):
        if self.outcome == 'pass':
            self.outcome, self.reason = 'skip', reason.splitlines()[0]

    def stopTest(self, test):
        super().stopTest(test)
        faulthandler.cancel_dump_traceback_later()
        seconds = time.monotonic() - self.began
        name = test.id().removeprefix('tests.')
        print(name, self.outcome, f'{seconds:.2f}', self.reason, sep='\t', flush=True)


class Runner:
    def run(self, test):
        result = Outcome()
        test(result)
        return result


def set_address(address):
    """The suite looks below the device's parent, which a software device lacks."""

    def add(self, dev, port, index):
        self.args.append([dev, port, index, address, None])

    importlib.import_module('tests.base').RDMATestCase._get_ip_mac = add


def main():
    folder, address = sys.argv.pop(1), sys.argv.pop(1)
    sys.path[:0] = [folder, folder + '/..']
    suite = importlib.import_module('tests')
    set_address(address)
    importlib.import_module('args_parser').parser.parse_args()
    unittest.main(module=suite, testRunner=Runner, exit=False)


if __name__ == '__main__':
    main()
