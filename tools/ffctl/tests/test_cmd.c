// SPDX-License-Identifier: GPL-2.0-only
/* The grammar: commands, abbreviations, keywords, help. */
/* Before cmocka.h, which makes a macro of fail(). */
#include "cmd.h"

#include "run.h"

static void a_word_matches_whole_or_as_only_beginning(void **state)
{
	static const char *const names[] = { "del", "delay", "set", "show" };

	(void)state;
	assert_int_equal(match_word("set", names, 4), 2);
	assert_int_equal(match_word("se", names, 4), 2);
	assert_int_equal(match_word("del", names, 4), 0);
	assert_int_equal(match_word("dela", names, 4), 1);
	assert_int_equal(match_word("de", names, 4), -2);
	assert_int_equal(match_word("s", names, 4), -2);
	assert_int_equal(match_word("x", names, 4), -1);
	assert_int_equal(match_word("sets", names, 4), -1);
	assert_int_equal(match_word("", names, 4), -1);
}

/* Find two commands of one table that have the same name. */
static void check_names_differ(const struct cmd *cmds)
{
	const struct cmd *a, *b;

	for (a = cmds; a->name; a++) {
		assert_true(a->sub || (a->run && a->summary));
		for (b = a + 1; b->name; b++)
			assert_string_not_equal(a->name, b->name);
		if (a->sub)
			check_names_differ(a->sub);
	}
}

static void every_command_has_its_own_name_and_summary(void **state)
{
	(void)state;
	check_names_differ(root_cmd.sub);
}

static void help_is_there_at_every_level(void **state)
{
	static const char *const lines[] = {
		"help", "-h", "--help", "-help", "dev help", "dev add help",
		"route help", "ro a help", "quota set --help", "res help",
		"res show help", "lower -h", "monitor help",
		"tunnel set help",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const struct outcome *outcome = run(lines[i]);

		assert_int_equal(outcome->status, STATUS_OK);
		assert_string_equal(outcome->err, "");
		assert_int_equal(strncmp(outcome->out, "Usage:\n", 7), 0);
	}
	assert_non_null(strstr(run("route add help")->out,
			       "ffctl route add PREFIX via HOST"));
	assert_null(strstr(run("route add help")->out, "ffctl route del"));
	assert_non_null(strstr(run("route help")->out, "ffctl route del"));
	assert_null(strstr(run("route help")->out, "ffctl dev"));
}

static void the_version_has_a_number(void **state)
{
	(void)state;
	assert_int_equal(strncmp(run("-V")->out, "ffctl ", 6), 0);
	assert_int_equal(run("--version")->status, STATUS_OK);
	assert_int_equal(run("-Version")->status, STATUS_OK);
}

static void misuse_names_the_word(void **state)
{
	static const struct {
		const char *line;
		const char *sentence;
	} cases[] = {
		{ "r", "ambiguous word 'r' after 'ffctl': route, res" },
		{ "frob", "unknown word 'frob' after 'ffctl': dev, route" },
		{ "route frob", "'frob' after 'ffctl route': add, replace" },
		{ "-x", "unknown option '-x'" },
		{ "-jx", "unknown option '-x'" },
		{ "--frob", "unknown option '--frob'" },
		{ "-b", "the value of '-b' is missing" },
		{ "-b - dev", "unknown word 'dev' after the batch" },
		{ "res", "a command is missing after 'ffctl res': show" },
		{ "res show", "kind of object is missing" },
		{ "res show qpp", "'qpp': pd, mr, cq, qp, srq, ah or mw" },
		{ "dev add", "NAME is missing after 'ffctl dev add'" },
		{ "dev add ff0", "the word 'netdev' is missing" },
		{ "dev add ff0 netdev", "the value of 'netdev' is missing" },
		{ "dev add ff0 netdev a frob", "unknown word 'frob'" },
		{ "dev add ff0 netdev a netdev b", "'netdev' is there twice" },
		{ "dev show ff0 frob", "unknown word 'frob'" },
		{ "dev set ff0", "'table', 'tclass' and 'sl-map'" },
		{ "dev set ff0 sl-map", "the value of 'sl-map' is missing" },
		{ "dev set ff0 sl-map 0:1 none", "unknown word 'none'" },
		{ "dev set ff0 sl-map none sl-map none", "'sl-map' is there twice" },
		{ "dev del", "NAME is missing" },
		{ "dev del a b", "unknown word 'b' after 'ffctl dev del'" },
		{ "route add", "PREFIX is missing" },
		{ "route add 10.88.0.2", "the word 'via' is missing" },
		{ "route add 10.88.0.2 via", "the value of 'via' is missing" },
		{ "route add 10.88.0.2 via 1.1.1.1 external external",
		  "'external' is there twice" },
		{ "route get", "ADDR is missing" },
		{ "quota set qp 1", "the word 'netns' is missing" },
		{ "quota set netns 1", "ah, mw, mcast or pinned" },
		{ "limit set dev ff0", "the word 'rate' is missing" },
		{ "limit set rate 1mbit", "one of 'dev', 'netns' and 'lower'" },
		{ "limit set lower a dev b rate 1mbit", "one of 'dev'" },
		{ "limit set lower rxe0", "the word 'rate' is missing" },
		{ "limit set lower rxe0 qp 1 rate 1mbit", "a 'qp' needs its 'dev'" },
		{ "limit set lower rxe0 weight 1", "a 'weight' is that of a 'netns'" },
		{ "limit set netns c1 weight 1 burst 1k", "the word 'rate' is missing" },
		{ "limit set netns c1", "the word 'rate' is missing" },
		{ "limit del netns c1 weight 1", "unknown word 'weight'" },
		{ "limit set dev ff0 netns c1 rate 1mbit", "one of 'dev'" },
		{ "limit del netns c1 qp 17", "a 'qp' needs its 'dev'" },
		{ "limit del", "one of 'dev', 'netns' and 'lower'" },
		{ "limit del dev ff0 rate 1mbit", "unknown word 'rate'" },
		{ "lower set", "IBDEV is missing" },
		{ "lower set rxe0", "either 'default' or 'nodefault'" },
		{ "lower set rxe0 default nodefault", "either 'default'" },
		{ "tunnel set", "a port or a key is missing" },
		{ "tunnel set key a nokey", "either 'key' or 'nokey'" },
		{ "monitor frob", "'frob' is none of dev, route" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_failure(cases[i].line, STATUS_USAGE, cases[i].sentence);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_word_matches_whole_or_as_only_beginning),
		cmocka_unit_test(every_command_has_its_own_name_and_summary),
		cmocka_unit_test(help_is_there_at_every_level),
		cmocka_unit_test(the_version_has_a_number),
		cmocka_unit_test(misuse_names_the_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
