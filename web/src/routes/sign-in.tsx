import { Anchor, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { Link, Redirect, useSearchParams } from "wouter";
import { asProblem } from "@/api/problem";
import { AuthLayout } from "@/components/auth/auth-layout";
import { ProblemNotice } from "@/components/common/problem-notice";
import { safeNext } from "@/lib/next";
import { meQuery, statusQuery, useSignIn } from "@/services/session";

/** The sign-in. Afterwards it goes back to where the person was. */
export function SignInPage() {
  const [search] = useSearchParams();
  const me = useQuery(meQuery);
  const status = useQuery(statusQuery);
  const signIn = useSignIn();
  const form = useForm({ initialValues: { email: "", password: "" } });
  const { fields } = asProblem(signIn.error);
  const next = safeNext(search.get("next"));

  if (me.data) return <Redirect to={next} replace />;
  if (status.data?.first_account) return <Redirect to="/sign-up" replace />;
  return (
    <AuthLayout
      title="Welcome back"
      lead={search.get("next") ? "Sign in to go on where you were." : "Sign in to your agency's inbox."}
      foot={
        <>
          Forgot your password? Whoever runs this server can give you a new one.
          {status.data?.signup_open && (
            <>
              <br />
              New here?{" "}
              <Anchor component={Link} href="/sign-up">
                Create an account
              </Anchor>
            </>
          )}
        </>
      }
    >
      <form onSubmit={form.onSubmit((values) => signIn.mutate(values))} noValidate>
        <Stack gap="md">
          <TextInput
            label="E-mail"
            type="email"
            autoComplete="username"
            required
            data-autofocus
            {...form.getInputProps("email")}
            error={fields.email}
          />
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            required
            {...form.getInputProps("password")}
            error={fields.password}
          />
          {signIn.isError && !fields.email && !fields.password && <ProblemNotice error={signIn.error} />}
          <Button type="submit" size="md" loading={signIn.isPending}>
            Sign in
          </Button>
        </Stack>
      </form>
    </AuthLayout>
  );
}
